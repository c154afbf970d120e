"""Inputs of a generator's graph to calibrate int8 with, and others that show what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.export.graphs import codes
from stylemix.images import Picture
from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward
from stylemix.stylizers.calibrating import calibration_pairs

HELD_OUT = 4
"""Of so many pairs, one is kept for the comparison."""


@dataclass(frozen=True)
class Calibration:
    """Inputs of a generator's graph.

    Attributes:
        samples: to calibrate with, by name.
        checks: others, each with the picture [1, 3, H, W] that PyTorch draws of it.
    """

    samples: list[dict[str, Tensor]]
    checks: list[tuple[dict[str, Tensor], Tensor]]


@torch.inference_mode()
def calibration(model: FeedForward, pictures: Sequence[Picture]) -> Calibration:
    """Prepare a generator's inputs.

    Args:
        model: what is exported; it draws with PyTorch.
        pictures: photographs and paintings such as it will be given.

    Raises:
        ConfigError: there are too few.
        PictureError: one can't be read.
    """
    found = Calibration([], [])
    for number, (content, painting) in enumerate(calibration_pairs(pictures, model.style_size)):
        code = model.code(painting) if model.needs else {}
        inputs = {"content": content, **{name: code[name] for name in codes(model)}}
        if number % HELD_OUT:
            found.samples.append(inputs)
        else:
            style = model.prepare(painting if model.needs_style else None)
            found.checks.append((inputs, model.render(content[0], StyleMix.single(style))[None]))
    return found
