"""Sorted projections: what sliced Wasserstein distances compare."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def unit_vectors(count: int, channels: int) -> Tensor:
    """Return directions [count, channels] of length 1, the same in every run."""
    chance = torch.Generator().manual_seed(0)
    return F.normalize(torch.randn(count, channels, generator=chance), dim=1)


def projected_quantiles(values: Tensor, directions: Tensor, quantiles: int) -> Tensor:
    """Return quantiles of values along each direction.

    Quantile q is the value below which the share ``(q + 1/2) / quantiles`` of all positions lies,
    interpolated between neighbours, so pictures of different sizes compare.

    Args:
        values: [B, C, H, W].
        directions: [D, C].
        quantiles: points of each distribution.

    Returns:
        [B, D, quantiles], float32.
    """
    with torch.autocast(values.device.type, enabled=False):  # 8 bits don't hold a quantile
        ordered = (directions @ values.float().flatten(2)).sort(dim=2).values
    # Quantile (q + 1/2) / Q lies between the samples whose midpoints surround it.
    count = ordered.shape[2]
    at = (torch.arange(quantiles, device=values.device) + 0.5) / quantiles
    place = (at * count - 0.5).clamp(0, count - 1)
    low = place.floor().long()
    high = (low + 1).clamp_max(count - 1)
    return torch.lerp(ordered[..., low], ordered[..., high], place - low)
