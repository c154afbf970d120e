"""Patches of feature maps, and the most similar one of a painting for each of a picture."""

from __future__ import annotations

import torch
from torch import Tensor

SIDE = 3
"""Positions a side of a patch, on the feature map (Li and Wand, 2016, section 4)."""

ENTRIES = 4_000_000
"""Similarities held at once, 16 MB: the picture's patches are matched in runs of so many."""


def starts(size: int, stride: int) -> list[int]:
    """Return where patches begin along an axis of ``size`` >= 3 positions.

    Every ``stride`` positions from 0 on, and at the last possible one, so that the edge is covered.
    """
    last = size - SIDE
    found = list(range(0, last + 1, stride))
    return found if found[-1] == last else [*found, last]


def patches(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Cut patches of 3 x 3 positions; differentiable.

    Args:
        x: a map [C, h, w].
        rows: where patches begin, int64 [R].
        columns: the same across, int64 [S].

    Returns:
        [R S, 9 C], row by row.
    """
    parts = [
        x.index_select(1, rows + i).index_select(2, columns + j)
        for i in range(SIDE)
        for j in range(SIDE)
    ]
    return torch.stack(parts).permute(2, 3, 0, 1).flatten(2).flatten(0, 1)


def sample(x: Tensor, count: int, chance: torch.Generator) -> Tensor:
    """Cut at most ``count`` of a map's patches, drawn without putting back.

    Args:
        x: [C, h, w], at least 3 x 3.
        count: how many; a smaller map gives all it has.
        chance: draws them.

    Returns:
        [K, 9 C], in the order of the map.
    """
    height, width = (s - SIDE + 1 for s in x.shape[-2:])
    order = torch.randperm(height * width, generator=chance)[:count].sort().values.to(x.device)
    rows, columns = order // width, order % width
    parts = [x[:, rows + i, columns + j] for i in range(SIDE) for j in range(SIDE)]
    return torch.stack(parts).permute(2, 0, 1).reshape(len(order), -1)


@torch.no_grad()
def nearest(queries: Tensor, keys: Tensor) -> Tensor:
    """Return, for each query, the key with the largest normalized cross-correlation.

    ``argmax_j <q, k_j> / (||q|| ||k_j||)`` (Li and Wand, 2016, eq. 3). The query's own length
    changes nothing. Memory is bounded however many queries there are: the matrix of similarities
    never exists as a whole.

    Args:
        queries: [N, D].
        keys: [K, D].

    Returns:
        int64 [N].
    """
    unit = keys / torch.linalg.vector_norm(keys, dim=1, keepdim=True).clamp_min(1e-12)
    run = max(1, ENTRIES // len(keys))
    return torch.cat([(part @ unit.T).argmax(1) for part in queries.split(run)])
