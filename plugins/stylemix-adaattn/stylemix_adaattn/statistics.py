"""Attention-weighted statistics: the equations of AdaAttN without any weights of their own."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.ops import EPSILON, attend


def attention_statistics(
    query: Tensor, key: Tensor, value: Tensor, eps: float = EPSILON
) -> tuple[Tensor, Tensor]:
    """Return the attention-weighted mean and deviation of the style at each place of the content.

    ``A = softmax(Q^T K)``, ``M = A V``, ``S = sqrt(A (V * V) - M * M)`` (Liu et al., 2021,
    section 3.2). The deviation doesn't change when a constant is added to V, so V's mean is taken
    away first: nothing of the difference of two large squares is lost then.

    Args:
        query: [B, Q, D].
        key: [B or 1, K, D].
        value: [B or 1, K, E].
        eps: the least variance; its gradient is 0 there, where that of the root alone is infinite.

    Returns:
        Mean and deviation, each [B, Q, E], float32 (float64 for float64 input).
    """
    if query.dtype in (torch.float16, torch.bfloat16):
        query, key, value = query.float(), key.float(), value.float()
    # Eight bits don't hold a difference of squares.
    with torch.autocast(query.device.type, enabled=False):
        centre = value.mean(1, keepdim=True)
        centred = value - centre
        both = torch.cat([centred, centred.square()], dim=2)
        found = attend(query[:, None], key[:, None], both[:, None], scale=1.0)[:, 0]
        mean, square = found.chunk(2, dim=2)
        deviation = (square - mean.square()).clamp_min(eps).sqrt()
    return mean + centre, deviation


def tokens(x: Tensor) -> Tensor:
    """Turn a map [B, C, h, w] into tokens [B, h w, C]."""
    return x.flatten(2).transpose(1, 2)


def as_map(x: Tensor, like: Tensor) -> Tensor:
    """Turn tokens [B, h w, C] into a map of the height and width of ``like``."""
    return x.transpose(1, 2).unflatten(2, like.shape[-2:])
