"""Palette distance: how far one picture's colours are from another's, wherever they lie."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.ops import sorted_projections, unit_vectors


def project(image: Tensor, count: int = 32, *, seed: int = 0, pixels: int | None = None) -> Tensor:
    """Return the sorted brightnesses of a picture along each direction, [count, P].

    Args:
        image: [3, H, W] RGB in [0, 1].
        count: number of directions.
        seed: of the directions.
        pixels: take at most so many pixels, evenly spread in reading order; None takes all.
    """
    colors = image.reshape(3, -1).float()
    if pixels is not None and colors.shape[1] > pixels:
        colors = colors[:, torch.linspace(0, colors.shape[1] - 1, pixels).round().long()]
    directions = unit_vectors(count, 3, seed=seed, dtype=torch.float64).float()
    return sorted_projections(colors[None], directions.to(colors.device))[0]


def transport(a: Tensor, b: Tensor, order: int = 1) -> Tensor:
    """Measure the exact Wasserstein distance of order 1 or 2 between sorted samples on a line.

    In one dimension the optimal plan joins equal quantiles. Of P and Q samples both quantile
    functions are constant between the fractions i/P and j/Q, so the integral is a finite sum.

    Args:
        a: [..., P], ascending.
        b: [..., Q], ascending.
        order: 1 or 2.

    Returns:
        [...], in units of the samples.
    """
    p, q = a.shape[-1], b.shape[-1]
    if p == q:
        gap = (a - b).abs().pow(order).mean(-1)
    else:
        # Integers of which p * q are the whole, so that no fraction is rounded.
        steps = torch.cat([torch.arange(p + 1) * q, torch.arange(q + 1) * p]).unique()
        steps = steps.to(a.device)
        left, width = steps[:-1], steps.diff()
        share = width.to(torch.float64) / (p * q)
        gap = ((a[..., left // q] - b[..., left // p]).abs().pow(order) * share).sum(-1)
    return gap.pow(1 / order).to(a.dtype)


def palette_distance(
    a: Tensor, b: Tensor, *, count: int = 32, seed: int = 0, order: int = 1
) -> float:
    """Measure the sliced Wasserstein distance between the colours of two pictures.

    Rabin et al., "Wasserstein barycenter and its application to texture mixing", 2011: the
    distances along random directions, averaged (for order 2: the root of their mean square). It
    is 0 exactly for pictures of the same colours; black and white are 0.87 apart (order 1, many
    directions).

    Args:
        a: [3, H, W] RGB in [0, 1].
        b: [3, h, w], of any other size.
        count: directions.
        seed: of the directions; equal seeds give equal directions.
        order: 1 or 2.
    """
    return sliced(project(a, count, seed=seed), project(b, count, seed=seed), order)


def sliced(a: Tensor, b: Tensor, order: int = 1) -> float:
    """Measure the palette distance of two pictures whose projections are at hand."""
    each = transport(a, b, order).double()
    return float(each.pow(order).mean().pow(1 / order))
