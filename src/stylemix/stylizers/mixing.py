"""From weights, masks and strength to one weight map per style."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.images import Picture, read_mask


def weight_maps(
    weights: Sequence[float],
    masks: Sequence[Picture] | None,
    strength: float,
    height: int,
    width: int,
) -> tuple[list[Tensor], Tensor]:
    """Return each style's weight at every pixel, and the content's.

    Style k gets ``strength * c * w_k m_k / sum_j w_j m_j`` with the coverage
    ``c = min(1, sum_j m_j)``; the content gets what is missing to one (below zero where strength
    exceeds one: an extrapolation away from the content).

    Args:
        weights: one number >= 0 per style, the largest about 1.
        masks: one picture per style, or None for the whole picture.
        strength: >= 0.
        height: of the picture in pixels.
        width: of the picture in pixels.

    Returns:
        The styles' weights and the content's, each [1, 1, H, W] or [1, 1, 1, 1], float32.

    Raises:
        PictureError: a mask can't be read or has another shape.
    """
    if masks is None:
        maps = [torch.ones(1, 1, 1, 1, dtype=torch.float32) for _ in weights]
    else:
        maps = [read_mask(mask, height, width) for mask in masks]
    coverage = torch.stack(maps).sum(0).clamp_max(1)
    weighted = [w * m for w, m in zip(weights, maps, strict=True)]
    total = torch.stack(weighted).sum(0)
    factor = torch.where(total > 0, strength * coverage / total.clamp_min(1e-12), 0.0)
    style_weights = [w * factor for w in weighted]
    return style_weights, 1 - torch.stack(style_weights).sum(0)
