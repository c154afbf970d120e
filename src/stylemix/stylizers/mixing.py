"""From weights, masks and strength to one weight map per style."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images import Picture, read_mask


def check_strength(strength: float) -> float:
    """Give ``strength`` as a float.

    Raises:
        ConfigError: it is not a finite number >= 0.
    """
    if (
        isinstance(strength, bool)
        or not isinstance(strength, int | float)
        or not (math.isfinite(strength) and strength >= 0)
    ):
        raise ConfigError(
            f"strength must be a number >= 0 (0 is the photograph, 1 the trained "
            f"strength), got {strength!r}"
        )
    return float(strength)


def check_weights(weights: Sequence[float] | None, count: int) -> list[float]:
    """Give one weight >= 0 for each of ``count`` styles, all 1 by default.

    Raises:
        ConfigError: another number of weights, a negative or infinite one, or only zeros.
    """
    if weights is None:
        return [1.0] * count
    values = list(weights)
    if len(values) != count:
        raise ConfigError(f"{count} style(s) need {count} weight(s), got {len(values)}")
    for value in values:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not (math.isfinite(value) and value >= 0)
        ):
            raise ConfigError(f"a weight must be a number >= 0, got {value!r}")
    if not sum(values) > 0:
        raise ConfigError("all weights are 0; give at least one style a weight above 0")
    return [float(v) for v in values]


def style_weights(
    weights: Sequence[float],
    masks: Sequence[Picture] | None,
    strength: float,
    height: int,
    width: int,
) -> tuple[list[Tensor], Tensor]:
    """Give each style's weight map and the content's.

    Style k gets ``strength * c * w_k m_k / sum_j w_j m_j`` with the coverage
    ``c = min(1, sum_j m_j)``; the content gets what is missing to one (below zero where strength
    exceeds one: an extrapolation away from the content).

    Args:
        weights: one a style, checked.
        masks: one a style, or None for the whole picture.
        strength: checked.
        height: of the picture.
        width: of the picture.

    Returns:
        The styles' weights and the content's, each [1, 1, H, W] or [1, 1, 1, 1], float32.

    Raises:
        ConfigError: another number of masks than styles.
        PictureError: a mask can't be read or has another shape.
    """
    if masks is None:
        maps = [torch.ones(1, 1, 1, 1) for _ in weights]
    else:
        if isinstance(masks, str) or len(masks) != len(weights):
            got = "one path" if isinstance(masks, str) else str(len(masks))
            raise ConfigError(
                f"{len(weights)} style(s) need a list of {len(weights)} mask(s), got {got}"
            )
        maps = [read_mask(mask, height, width) for mask in masks]
    coverage = torch.stack(maps).sum(0).clamp_max(1)
    weighted = [w * m for w, m in zip(weights, maps, strict=True)]
    total = torch.stack(weighted).sum(0)
    factor = torch.where(total > 0, strength * coverage / total.clamp_min(1e-12), 0.0)
    parts = [w * factor for w in weighted]
    return parts, 1 - torch.stack(parts).sum(0)
