"""Style retrieval: does a stylised picture find its own painting among all paintings?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import InceptionMixed6e
from stylemix.metrics.perceptual import Description


def gram_cosine(outputs: Description, paintings: Description) -> Tensor:
    """Return the mean over layers of the cosine between Gram matrices, [N, M].

    1 for equal Gram matrices up to a factor; never negative behind ReLUs. The cosine forgives
    contrast, so it finds the right painting more often than a squared distance.
    """
    return torch.stack(
        [
            F.normalize(y.flatten(1), dim=1) @ F.normalize(s.flatten(1), dim=1).T
            for y, s in zip(outputs.grams, paintings.grams, strict=True)
        ]
    ).mean(0)


@torch.inference_mode()
def inception_means(image: Tensor, net: InceptionMixed6e) -> Tensor:
    """Return the spatial means of Inception-v3's Mixed_6e maps, [N, 768].

    A second feature space that no Gram loss was trained against. It is the pooled feature of the
    paper's encoder, so a model that trained this encoder is not judged independently by it unless
    ``net`` has the original ImageNet weights.

    Args:
        image: [N, 3, H, W] or [3, H, W] RGB in [0, 1].
        net: with ImageNet weights, in evaluation mode.
    """
    device = next(net.parameters()).device
    batch = (image if image.ndim == 4 else image[None]).to(device).float()
    return net(batch)["mixed_6e"].mean((2, 3))


def mean_cosine(outputs: Tensor, paintings: Tensor) -> Tensor:
    """Return the cosine between feature vectors [N, D] and [M, D], [N, M]."""
    return F.normalize(outputs, dim=1) @ F.normalize(paintings, dim=1).T


def ranks(similarity: Tensor, own: Tensor) -> Tensor:
    """Rank each output's own painting among all, 1 for the most similar.

    Equal similarities count against the output: a picture that looks the same to all paintings
    finds nothing.

    Args:
        similarity: [N, M], larger is more alike.
        own: [N], the column of each output's painting.

    Returns:
        [N], int64 from 1 to M.
    """
    true = similarity.gather(1, own[:, None])
    return (similarity >= true).sum(1)


def top(rank: Tensor, k: int) -> Tensor:
    """Return 1.0 where a rank is at most ``k``, else 0.0; its mean is the top-k accuracy."""
    return (rank <= k).float()


def rank_record(prefix: str, similarity: Tensor, own: int) -> dict[str, float]:
    """Return one output's rank of its painting and whether that is among the first one and five.

    Args:
        prefix: of the names ``rank``, ``top1`` and ``top5``.
        similarity: [1, M].
        own: column of the output's painting.
    """
    rank = ranks(similarity.cpu(), torch.tensor([own]))
    return {
        f"{prefix}rank": float(rank),
        f"{prefix}top1": float(top(rank, 1)),
        f"{prefix}top5": float(top(rank, 5)),
    }
