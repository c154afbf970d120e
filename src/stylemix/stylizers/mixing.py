"""From weights, masks and strength to one weight map per style."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from stylemix.images import Picture, read_mask

FAINTEST = 0.1
"""A mask that is nowhere brighter is taken for one that wasn't meant so."""


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
    exceeds one, which each method reads in its own way).

    Args:
        weights: one number >= 0 per style, the largest about 1.
        masks: one picture per style, or None for the whole picture.
        strength: >= 0.
        height: of the picture in pixels.
        width: of the picture in pixels.

    Returns:
        The styles' weights and the content's, each [1, 1, H, W] or [1, 1, 1, 1], float32.

    Masks by which no style shows anywhere, or hardly, are warned of.

    Raises:
        PictureError: a mask can't be read or has another shape.
    """
    if masks is None:
        maps = [torch.ones(1, 1, 1, 1, dtype=torch.float32) for _ in weights]
    else:
        maps = [read_mask(mask, height, width) for mask in masks]
        _warn_of_faint(masks, maps)
    coverage = torch.stack(maps).sum(0).clamp_max(1)
    weighted = [w * m for w, m in zip(weights, maps, strict=True)]
    total = torch.stack(weighted).sum(0)
    factor = torch.where(total > 0, strength * coverage / total.clamp_min(1e-12), 0.0)
    style_weights = [w * factor for w in weighted]
    return style_weights, 1 - torch.stack(style_weights).sum(0)


def _warn_of_faint(masks: Sequence[Picture], maps: Sequence[Tensor]) -> None:
    """Warn of masks that were hardly meant so: faint ones, and black ones where all are."""
    brightest = [float(found.max()) for found in maps]
    nothing = max(brightest) <= FAINTEST
    for number, (mask, found, most) in enumerate(zip(masks, maps, brightest, strict=True), 1):
        if most > FAINTEST or not (nothing or most):
            continue
        name = Path(os.fspath(mask)).name if isinstance(mask, str | os.PathLike) else "in memory"  # type: ignore[arg-type]
        warnings.warn(
            f"mask {number} ({name}) holds values from {round(255 * float(found.min()))} to "
            f"{round(255 * most)} of 255, so its style shows nowhere"
            + (" and the result is the photograph" if nothing else "")
            + ": draw white where the style should hold (transparent counts as black), and "
            "multiply a 0/1 label picture by 255",
            stacklevel=2,
        )
