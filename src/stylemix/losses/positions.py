"""Positions of a feature map, spread evenly: for losses that compare some with each other."""

from __future__ import annotations

import functools

import torch
from torch import Tensor


@functools.lru_cache(maxsize=64)
def spread_positions(
    count: int, height: int, width: int, device: torch.device | None = None, *, margin: int = 0
) -> tuple[Tensor, Tensor]:
    """Choose positions spread evenly over a map, the same whenever it has the same size.

    They are the additive recurrence of the plastic number (Roberts, "The unreasonable
    effectiveness of quasirandom sequences", 2018), rounded down to whole positions; of points that
    fall on one position, one is kept.

    Args:
        count: of the points.
        height: of the map.
        width: of the map; both are larger than ``2 margin``.
        device: of the result.
        margin: rows and columns that are left out at each side.

    Returns:
        Rows and columns [P] of different positions; all of the map inside the margin where that has
        no more than ``count``, at most ``count`` otherwise. They are the same tensors at every
        call, as none can be made while a CUDA graph is captured: not to be written to.
    """
    with torch.inference_mode(False):  # they have to serve under autograd as well
        inner = (height - 2 * margin, width - 2 * margin)
        positions = inner[0] * inner[1]
        if positions <= count:
            flat = torch.arange(positions)
        else:
            plastic = 1.32471795724474602596
            number = torch.arange(1, count + 1, dtype=torch.float64)
            rows, columns = (
                ((0.5 + number / plastic**power) % 1 * side).long()
                for power, side in zip((1, 2), inner, strict=True)
            )
            flat = (rows * inner[1] + columns).unique()
        return ((flat // inner[1] + margin).to(device), (flat % inner[1] + margin).to(device))
