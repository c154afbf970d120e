"""Embeddings brought to the plane so that neighbours stay neighbours."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line

PERPLEXITY = 30.0


def tsne(embedding: Tensor, *, seed: int = 0) -> Tensor:
    """Lay embeddings out in the plane by t-SNE (van der Maaten and Hinton, 2008).

    Embeddings are brought to unit length first, so distances are those of their cosines, which
    retrieval goes by. Starts from the two principal components; perplexity 30, less for fewer
    than 91 points. Distances between far groups, and axes, mean nothing.

    Args:
        embedding: [N, D], at least 5 of them.
        seed: the same seed and embeddings give the same layout on the same machine.

    Returns:
        [N, 2], float32.

    Raises:
        ConfigError: too few points, or scikit-learn isn't installed.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        raise ConfigError(f"t-SNE needs scikit-learn: {install_line('metrics')}") from None
    if len(embedding) < 5:
        raise ConfigError(f"t-SNE needs at least 5 paintings, got {len(embedding)}")
    vectors = F.normalize(embedding.detach().cpu().double(), dim=1).numpy()
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    plane = TSNE(
        perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed
    ).fit_transform(vectors)
    return torch.from_numpy(np.ascontiguousarray(plane, dtype=np.float32))
