"""How good an encoder is, on paintings that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.metrics.retrieval import mean_cosine, ranks, top
from stylemix.ops import stream
from stylemix.training.data import Crops
from stylemix.training.encoder.network import Classifier
from stylemix.training.encoder.probe import probe_scores

BATCH = 64
CENTER = (1 - 2**-12, 0.5, 0.5, 0.5)
"""The largest window, in the middle, not flipped; as ``Crops.cut`` takes it."""


def embed(
    net: Classifier,
    crops: Crops,
    indices: Sequence[int],
    side: int,
    zoom: float,
    chance: Tensor,
    precision: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Embed one crop of each of some paintings; see :meth:`Crops.cut`.

    Returns:
        Embeddings [N, D] and the classifier's scores [N, C], on the CPU.
    """
    was = net.training
    net.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(indices), BATCH):
            part = slice(start, start + BATCH)
            images = crops.cut(indices[part], side, chance[part], zoom)
            found.append(tuple(t.cpu() for t in net(images, precision)))
    net.train(was)
    return torch.cat([e for e, _ in found]), torch.cat([s for _, s in found])


def measure(
    net: Classifier,
    crops: Crops,
    labels: Sequence[int],
    train: Sequence[int],
    held: Sequence[int],
    side: int,
    zoom: float,
    precision: torch.dtype,
) -> dict[str, float]:
    """Measure an encoder.

    Args:
        net: the encoder with its linear layer.
        crops: all paintings.
        labels: their styles.
        train: paintings that were trained on; the probe is fitted to them.
        held: paintings that were not.
        side: of crops, in pixels.
        zoom: as in training.
        precision: of the network's autocast.

    Returns:
        Shares in [0, 1]. ``probe_top1`` and ``probe_top5``: the style of a held-out painting's
        central crop by a linear probe (:func:`probe_scores`), so that encoders with and without
        classification compare; ``probe_balanced_top1``: the same, averaged over styles;
        ``head_top1`` and ``head_top5``: by the linear layer that was trained along;
        ``retrieval_top1`` and ``retrieval_top5``: a random crop of a held-out painting finds,
        by the cosine of embeddings, another random crop of the same one among one of each.
    """
    known, _, known_labels = _of_centers(net, crops, labels, train, side, zoom, precision)
    asked, scores, own = _of_centers(net, crops, labels, held, side, zoom, precision)
    # The same windows for every encoder and seed.
    chance = torch.rand(2, len(held), 4, generator=stream(0, "crops to retrieve"))
    query, gallery = (embed(net, crops, held, side, zoom, c, precision)[0] for c in chance)
    styles = scores.shape[1]
    probe = ranks(probe_scores(known, known_labels, asked, styles), own)
    head = ranks(scores, own)
    found = ranks(mean_cosine(query, gallery), torch.arange(len(held)))
    right = top(probe, 1)
    by_style = [right[own == style].mean() for style in own.unique()]
    return {
        "probe_top1": float(right.mean()),
        "probe_top5": float(top(probe, 5).mean()),
        "probe_balanced_top1": float(torch.stack(by_style).mean()),
        "head_top1": float(top(head, 1).mean()),
        "head_top5": float(top(head, 5).mean()),
        "retrieval_top1": float(top(found, 1).mean()),
        "retrieval_top5": float(top(found, 5).mean()),
    }


def glance(
    net: Classifier,
    crops: Crops,
    labels: Sequence[int],
    held: Sequence[int],
    side: int,
    zoom: float,
    precision: torch.dtype,
) -> dict[str, float]:
    """Measure the classification of held-out paintings' central crops, a point of a curve.

    Args:
        net: the encoder with its linear layer.
        crops: all paintings.
        labels: their styles.
        held: paintings that were not trained on.
        side: of crops, in pixels.
        zoom: as in training.
        precision: of the network's autocast.

    Returns:
        ``cross_entropy`` in nats, and ``head_top1`` as :func:`measure` has it.
    """
    _, scores, own = _of_centers(net, crops, labels, held, side, zoom, precision)
    return {
        "cross_entropy": float(F.cross_entropy(scores, own)),
        "head_top1": float(top(ranks(scores, own), 1).mean()),
    }


def _of_centers(
    net: Classifier,
    crops: Crops,
    labels: Sequence[int],
    numbers: Sequence[int],
    side: int,
    zoom: float,
    precision: torch.dtype,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return embeddings, scores and own labels of some paintings' central crops."""
    center = torch.tensor([CENTER]).expand(len(numbers), 4)
    embedding, scores = embed(net, crops, numbers, side, zoom, center, precision)
    return embedding, scores, torch.tensor([labels[i] for i in numbers])
