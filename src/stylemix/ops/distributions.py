"""Distributions of features along directions: what sliced Wasserstein distances compare."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def unit_vectors(
    count: int, channels: int, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Return directions of length 1, uniform on the sphere, the same in every run.

    Args:
        count: how many.
        channels: dimensions of their space.
        seed: of the draw.
        dtype: that they are drawn in.

    Returns:
        [count, channels].
    """
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(count, channels, generator=generator, dtype=dtype), dim=1)


def sorted_projections(values: Tensor, directions: Tensor) -> Tensor:
    """Project values onto directions and sort them along each.

    Args:
        values: [B, C, ...].
        directions: [D, C].

    Returns:
        [B, D, P], float32, ascending, with P the number of positions.
    """
    with torch.autocast(values.device.type, enabled=False):  # 8 bits don't hold a quantile
        return (directions @ values.float().flatten(2)).sort(dim=2).values


def quantiles(ordered: Tensor, count: int) -> Tensor:
    """Return evenly spaced quantiles of sorted values.

    Quantile q is the value below which the share ``(q + 1/2) / count`` of all values lies,
    interpolated linearly between neighbors (the definition of Hazen, 1914), so that samples of
    different sizes compare.

    Args:
        ordered: [..., P], ascending along the last dimension.
        count: how many quantiles.

    Returns:
        [..., count].
    """
    # Quantile (q + 1/2) / Q lies between the samples whose midpoints surround it.
    size = ordered.shape[-1]
    shares = (torch.arange(count, device=ordered.device, dtype=torch.float32) + 0.5) / count
    at = (shares * size - 0.5).clamp(0, size - 1)
    low = at.floor().long()
    high = (low + 1).clamp_max(size - 1)
    return torch.lerp(ordered[..., low], ordered[..., high], at - low)


def order_statistics(ordered: Tensor, shares: tuple[float, ...]) -> Tensor:
    """Return those of some sorted values that lie at given shares of their order.

    Unlike :func:`quantiles` it interpolates nothing: each is one of the values.

    Args:
        ordered: [..., P], ascending along the last dimension.
        shares: in [0, 1], 0 for the smallest value and 1 for the largest.

    Returns:
        [..., len(shares)].
    """
    last = ordered.shape[-1] - 1
    if torch.jit.is_tracing():  # the number of values is a tensor of the graph then
        length = torch.as_tensor(last, device=ordered.device)
        places = (torch.tensor(shares, dtype=torch.float64) * length).round().long()
        return ordered.index_select(-1, places)
    # One by one: a list of places would be copied to the device, which a CUDA graph can't hold.
    return torch.stack([ordered[..., round(share * last)] for share in shares], dim=-1)
