"""Graphs as files of a format, and how such a file is run again."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.runtime.compiling import convert
from stylemix.runtime.library import core, missing, openvino, settings
from stylemix.runtime.quantizing import check_quantizing, quantize
from stylemix.runtime.rewriting import channels_last, widen_narrow

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]
OPSET = 17
"""Version of the ONNX operators: every runtime since 2022 reads it."""


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a graph by name, with the names of their open dimensions.

    Attributes:
        inputs: an example of each input.
        outputs: names of the outputs.
        open: of each input or output, the dimensions that may have any length, by number.
    """

    inputs: Mapping[str, Tensor]
    outputs: Sequence[str]
    open: Mapping[str, Mapping[int, str]]


class Format(ABC):
    """One kind of file."""

    ending: str

    @abstractmethod
    def check(self) -> None:
        """Refuse to go on where a library is missing.

        Raises:
            ConfigError: with what to install.
        """

    @abstractmethod
    def write(
        self, graph: nn.Module, signature: Signature, path: Path, about: Mapping[str, str]
    ) -> None:
        """Write a graph and what is said about it."""

    @abstractmethod
    def check_int8(self) -> None:
        """Refuse to go on where int8 can't be written.

        Raises:
            ConfigError: the format can't, or a library is missing.
        """

    @abstractmethod
    def quantize(self, path: Path, samples: Sequence[Mapping[str, Tensor]]) -> None:
        """Turn a written graph into one with convolutions in int8.

        Args:
            path: of the graph; it is replaced.
            samples: inputs to calibrate it with, by name.
        """

    @abstractmethod
    def read(self, path: Path) -> Run:
        """Return what runs a file, for the comparison with PyTorch."""


class Onnx(Format):
    """ONNX, for ONNX Runtime and most other runtimes."""

    ending = ".onnx"

    def check(self) -> None:
        """Refuse to go on where ``onnx`` or ``onnxruntime`` is missing."""
        if not (find_spec("onnx") and find_spec("onnxruntime")):
            raise ConfigError(
                f"ONNX files need the packages onnx and onnxruntime: {install_line('onnx')}"
            )

    def write(
        self, graph: nn.Module, signature: Signature, path: Path, about: Mapping[str, str]
    ) -> None:
        """Write one ``.onnx`` file."""
        import onnx

        with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing is deprecated, and warns of shapes it fixes
            # The newer exporter needs another package and one fixed relation between the sizes of
            # input and output; this one is there for as long as torch.jit.trace is.
            torch.onnx.export(
                graph.eval(),
                tuple(signature.inputs.values()),
                str(path),
                input_names=list(signature.inputs),
                output_names=list(signature.outputs),
                dynamic_axes={name: dict(dims) for name, dims in signature.open.items()},
                opset_version=OPSET,
                dynamo=False,
            )
        model = onnx.load(path)
        model.producer_name = "stylemix"
        model.doc_string = about["description"]
        onnx.helper.set_model_props(model, dict(about))
        onnx.checker.check_model(model)
        onnx.save(model, path)

    def check_int8(self) -> None:
        """Refuse to go on: ONNX Runtime is slower with int8 on most CPUs than without."""
        raise ConfigError("int8 is written in OpenVINO's format only; give the format openvino")

    def quantize(self, path: Path, samples: Sequence[Mapping[str, Tensor]]) -> None:
        """Refuse, as :meth:`check_int8` does."""
        self.check_int8()

    def read(self, path: Path) -> Run:
        """Return what runs the file in ONNX Runtime."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), options)

        def run(inputs: Mapping[str, Tensor]) -> list[Tensor]:
            arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
            return [torch.from_numpy(found) for found in session.run(None, arrays)]

        return run


class OpenVino(Format):
    """OpenVINO's own format: an ``.xml`` file and its weights beside it in a ``.bin``."""

    ending = ".xml"

    def check(self) -> None:
        """Refuse to go on where OpenVINO is missing or too old."""
        if reason := missing():
            raise ConfigError(f"{reason}: {install_line('fast')}")

    def write(
        self, graph: nn.Module, signature: Signature, path: Path, about: Mapping[str, str]
    ) -> None:
        """Write the two files."""
        shapes = [
            [-1 if n in signature.open[name] else size for n, size in enumerate(tensor.shape)]
            for name, tensor in signature.inputs.items()
        ]
        model = convert(graph, list(signature.inputs.values()), shapes)
        for put, name in zip(model.inputs, signature.inputs, strict=True):
            put.get_tensor().set_names({name})
        for put, name in zip(model.outputs, signature.outputs, strict=True):
            put.get_tensor().set_names({name})
        for key, value in about.items():
            model.set_rt_info(value, ["stylemix", key])
        # Whatever a picture's size, the graph pads it to whole cells first.
        widen_narrow(model, 1)
        channels_last(model)
        openvino().save_model(model, str(path), compress_to_fp16=False)

    def check_int8(self) -> None:
        """Refuse to go on where ``nncf`` is missing."""
        check_quantizing()

    def quantize(self, path: Path, samples: Sequence[Mapping[str, Tensor]]) -> None:
        """Turn the written files into a graph with convolutions in int8."""
        weights = path.with_suffix(".bin")
        # From memory, as the files are written over.
        model = core().read_model(path.read_bytes(), weights.read_bytes())
        found = quantize(model, samples)
        openvino().save_model(found, str(path), compress_to_fp16=False)

    def read(self, path: Path) -> Run:
        """Return what runs the files in OpenVINO."""
        compiled: Any = core().compile_model(str(path), "CPU", settings())

        def run(inputs: Mapping[str, Tensor]) -> list[Tensor]:
            arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
            return [torch.from_numpy(found.copy()) for found in compiled(arrays).values()]

        return run
