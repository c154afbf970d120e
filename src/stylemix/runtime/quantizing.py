"""Convolutions in eight bits, calibrated on pictures."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.runtime.library import import_quietly

IN_FLOAT = (
    "Add",
    "Concat",
    "Divide",
    "Gather",
    "GroupConvolution",
    "Interpolate",
    "MatMul",
    "MVN",
    "Multiply",
    "Power",
    "ReduceMean",
    "Sigmoid",
    "Slice",
    "Sqrt",
    "StridedSlice",
    "Subtract",
)
"""Operations that stay in float32: all but convolutions. In eight bits, normalization, sums and
what scales them by the style bring a picture of ``film`` from 45 to 21 dB of PyTorch's. Depthwise
convolutions take as long as rounding what they are given, and those by one, which keep features in
their order (:func:`stylemix.runtime.rewriting.channels_last`), would round what they pass. Padding
is not among them: what has been rounded already is a quarter of the bytes to pad, and the layer in
front of it rounds in passing."""


TOLERANCE = 0.03
"""Root mean square difference to PyTorch that is accepted, of pictures in [0, 1]: 30 dB."""


def check_quantizing() -> None:
    """Refuse to go on where the library is missing.

    Raises:
        ConfigError: with what to install.
    """
    if find_spec("nncf") is None:
        raise ConfigError(f"int8 needs the package nncf: {install_line('int8')}")


def quantize(model: Any, samples: Sequence[Mapping[str, Tensor] | Sequence[Tensor]]) -> Any:
    """Return a graph whose convolutions take and multiply whole numbers of eight bits.

    Post-training quantization: weights are rounded per channel, and what a convolution is given is
    rounded within the range that it had in the samples (Jacob et al., "Quantization and Training of
    Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018), with the mean error
    taken out of the bias.

    Args:
        model: an ``openvino.Model``.
        samples: inputs by name or in their order, such as the graph will be given.

    Raises:
        ConfigError: ``nncf`` is missing.
    """
    check_quantizing()
    nncf = import_quietly("nncf")
    # Not by its own set_log_level, which sets the level of the program's handlers too.
    logging.getLogger("nncf").setLevel(logging.ERROR)
    arrays = [
        {name: tensor.numpy() for name, tensor in each.items()}
        if isinstance(each, Mapping)
        else dict(enumerate(tensor.numpy() for tensor in each))
        for each in samples
    ]
    # Its bars go to where messages go: what a command prints may be read by a program.
    with contextlib.redirect_stdout(sys.stderr):
        return nncf.quantize(
            model,
            nncf.Dataset(arrays),
            subset_size=len(arrays),
            # Signed values and ranges of any zero: behind a ReLU half of a signed range is empty.
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(types=list(IN_FLOAT), validate=False),
        )
