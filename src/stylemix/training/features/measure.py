"""How well a student stands in for its teacher, on pictures that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.ops import gram, gram_error

Extract = Callable[[Tensor], Mapping[str, Tensor]]


@torch.no_grad()
def measure(
    student: Extract, teacher: Extract, photographs: Sequence[Tensor], paintings: Sequence[Tensor]
) -> dict[str, float]:
    """Compare two networks.

    Args:
        student: gives its maps in the teacher's space, by layer.
        teacher: gives the maps themselves.
        photographs: P of them, each [1, 3, H, W] in [0, 1].
        paintings: Q of them.

    Returns:
        By layer and as their mean: ``feature_<layer>``, ``||W f - t||^2 / ||t||^2`` over all
        pictures; ``gram_<layer>``, ``||G_f - G_t|| / ||G_t||``, mean over pictures;
        ``rank_<layer>``, Spearman's correlation over all P x Q pairs between the two networks'
        relative Gram distances ``||G_photograph - G_painting|| / ||G_painting||``. ``rank``
        alone is that of the distances' mean over layers, which is the style loss of pictures.
    """
    sums = {layer: [0.0, 0.0] for layer in BLOCK_ENDS}
    off: dict[str, list[Tensor]] = {layer: [] for layer in BLOCK_ENDS}
    kept: list[list[dict[str, Tensor]]] = [[], []]  # of the student, of the teacher
    for image in [*photographs, *paintings]:
        found, wanted = student(image), teacher(image)
        for layer in BLOCK_ENDS:
            sums[layer][0] += float((found[layer] - wanted[layer]).square().sum())
            sums[layer][1] += float(wanted[layer].square().sum())
        for own, maps in zip(kept, (found, wanted), strict=True):
            own.append({layer: gram(maps[layer]) for layer in BLOCK_ENDS})
        for layer in BLOCK_ENDS:
            off[layer].append(gram_error(kept[0][-1][layer], kept[1][-1][layer]))
    figures: dict[str, float] = {}
    for layer in BLOCK_ENDS:
        figures[f"feature_{layer}"] = sums[layer][0] / max(sums[layer][1], 1e-12)
        figures[f"gram_{layer}"] = float(torch.stack(off[layer]).mean())
    tables = [
        {layer: _distances(own, len(photographs), layer) for layer in BLOCK_ENDS} for own in kept
    ]
    for layer in BLOCK_ENDS:
        figures[f"rank_{layer}"] = spearman(tables[0][layer], tables[1][layer])
    for name in ("feature", "gram"):
        values = [figures[f"{name}_{layer}"] for layer in BLOCK_ENDS]
        figures[name] = sum(values) / len(values)
    figures["rank"] = spearman(*(torch.stack(list(t.values())).mean(0) for t in tables))
    return figures


def _distances(own: list[dict[str, Tensor]], count: int, layer: str) -> Tensor:
    """Return the relative Gram distances of ``count`` photographs to the paintings, flat."""
    # On the CPU, because not every device has float64.
    from_, to = (
        torch.cat([g[layer] for g in part]).flatten(1).cpu().double()
        for part in (own[:count], own[count:])
    )
    return (torch.cdist(from_, to) / to.norm(dim=1).clamp_min(1e-20)).flatten()


def spearman(a: Tensor, b: Tensor) -> float:
    """Return Spearman's rank correlation of two sequences of numbers [N]; ties share their rank."""
    x, y = (_ranks(v.double()) for v in (a, b))
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / (x.norm() * y.norm()).clamp_min(1e-12))


def _ranks(values: Tensor) -> Tensor:
    _, group, count = values.unique(sorted=True, return_inverse=True, return_counts=True)
    last = count.cumsum(0).double()
    return (last - (count.double() - 1) / 2)[group]
