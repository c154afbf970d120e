"""Attention whose memory grows with the picture, not with its square: for injections that attend.

Two things bound it. At most a fixed number of positions are attended *to*: of a larger map a
random sample, the same whenever the map has the same number of positions, so that keys and values
of several layers belong together, and a cached style equals a fresh one. And the positions that
attend are taken in chunks, so that no matrix of all pairs exists.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PAIRS = 4_194_304
"""Pairs of positions, per head and picture, whose weights exist at once: 16 MiB in float32."""

SEED = 0
"""Of the samples of positions."""


def sample_positions(
    positions: int, most: int, device: torch.device | None = None
) -> Tensor | None:
    """Choose which positions of a map may be attended to.

    Args:
        positions: of the map, ``h * w``.
        most: how many to keep.
        device: of the result.

    Returns:
        Ascending indices [most] drawn without replacement, always the same for the same numbers;
        None where the map has no more than ``most`` positions, which means all of them.
    """
    if positions <= most:
        return None
    # Drawn on the CPU: other devices have other random numbers.
    drawn = torch.randperm(positions, generator=torch.Generator().manual_seed(SEED))[:most]
    return drawn.sort().values.to(device)


def attend(
    query: Tensor, key: Tensor, value: Tensor, *, scale: float | None = None, pairs: int = PAIRS
) -> Tensor:
    """Compute ``softmax(scale * Q K^T) V`` (Vaswani et al., 2017, eq. 1), query by query.

    Args:
        query: [B, heads, Q, D].
        key: [B or 1, heads, K, D].
        value: [B or 1, heads, K, E].
        scale: of the logits; None takes ``1 / sqrt(D)``.
        pairs: at most this many of the ``Q K`` weights of a head exist at once.

    Returns:
        [B, heads, Q, E].
    """
    key, value = (t.expand(query.shape[0], -1, -1, -1) for t in (key, value))
    chunk = max(1, pairs // key.shape[2])
    parts = [
        F.scaled_dot_product_attention(part, key, value, scale=scale)
        for part in query.split(chunk, dim=2)
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)
