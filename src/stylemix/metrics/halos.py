"""Halos: a glow beside the strong edges of a photograph that it didn't have itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.images.color import luma

STRONG = 0.06
"""Slope of the luminance, per pixel after smoothing, from which an edge is strong."""
CALM = 0.05
"""Most that the photograph may change between near and far on one side of an edge."""
NEAR, FAR = 5.0, 16.0
"""Pixels from the edge, along its normal, that are compared."""
_SIGMA = 1.5


def overshoot(result: Tensor, photograph: Tensor) -> float:
    """Measure how much brighter the bright side, and darker the dark one, is beside edges.

    At the photograph's strong edges, where it is calm on a side, the result's luminance five
    pixels beside the edge is compared with that at sixteen: a bright rim on the bright side and a
    dark one on the dark side count as positive, and what the photograph has of it is subtracted.

    Args:
        result: [3, H, W] in [0, 1].
        photograph: the same size.

    Returns:
        The mean over the sides of edges, as a share of the range of luminance; NaN where the
        photograph has no strong edge beside something calm.
    """
    own, gray = (_smooth(luma(x.double())[None]) for x in (photograph, result))
    slope = torch.stack(torch.gradient(own[0, 0], dim=(1, 0)))  # along x, along y
    strength = slope.square().sum(0).sqrt()
    crest = strength == F.max_pool2d(strength[None, None], 5, 1, 2)[0, 0]
    rows, columns = ((strength > STRONG) & crest).nonzero(as_tuple=True)
    height, width = strength.shape
    normal = slope[:, rows, columns] / strength[rows, columns]
    places = torch.stack([columns, rows]).double()
    found = []
    for side in (1.0, -1.0):
        near, far = places + side * NEAR * normal, places + side * FAR * normal
        size = torch.tensor([width - 1, height - 1], dtype=far.dtype, device=far.device)[:, None]
        inside = ((far >= 0) & (far <= size)).all(0)
        of_own = _at(own, near, size) - _at(own, far, size)
        of_result = _at(gray, near, size) - _at(gray, far, size)
        calm = inside & (of_own.abs() < CALM)
        found.append(side * (of_result - of_own)[calm])
    values = torch.cat(found)
    return float(values.mean()) if len(values) else float("nan")


def _at(gray: Tensor, places: Tensor, size: Tensor) -> Tensor:
    """Return a map [1, 1, H, W] at places [2, P] (x, y), bilinearly."""
    grid = (places / size * 2 - 1).t()[None, None]
    return F.grid_sample(gray, grid, align_corners=True)[0, 0, 0]


def _smooth(gray: Tensor) -> Tensor:
    """Blur a map [1, 1, H, W] by a Gaussian."""
    steps = torch.arange(-4, 5, dtype=gray.dtype, device=gray.device)
    kernel = torch.softmax(-steps.square() / (2 * _SIGMA**2), 0)
    padded = F.pad(gray, (4,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))
