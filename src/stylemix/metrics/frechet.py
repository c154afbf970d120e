"""Fréchet distance between two sets of feature vectors."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.errors import ConfigError


def gaussian(features: Tensor) -> tuple[Tensor, Tensor]:
    """Measure the mean [D] and the unbiased covariance [D, D] of vectors [N, D], in float64.

    Raises:
        ConfigError: fewer than two vectors, or not a matrix.
    """
    mean, centered = _centered(features)
    return mean, centered.T @ centered / (len(centered) - 1)


def _centered(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean [D] and the vectors without it [N, D], in float64."""
    if features.ndim != 2 or len(features) < 2:
        raise ConfigError(
            "a Fréchet distance needs at least two feature vectors [N, D] per side, "
            f"got {list(features.shape)}"
        )
    values = features.double()
    mean = values.mean(0)
    return mean, values - mean


def gaussian_distance(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> float:
    """Measure the squared Fréchet (2-Wasserstein) distance between two Gaussians.

    ``||m_a - m_b||^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))`` (Dowson and Landau, 1982; Heusel et
    al., 2017). The eigenvalues of ``C_a C_b`` are those of the symmetric
    ``C_a^(1/2) C_b C_a^(1/2)``, so no complex square root is needed.

    Args:
        mean_a: [D].
        cov_a: [D, D], symmetric positive semi-definite.
        mean_b: [D].
        cov_b: [D, D].
    """
    values, vectors = torch.linalg.eigh(cov_a)
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    inner = root @ cov_b @ root
    cross = torch.linalg.eigvalsh((inner + inner.T) / 2).clamp_min(0).sqrt().sum()
    distance = (mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross
    return max(0.0, float(distance))


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Measure the Fréchet distance between the Gaussians fitted to vectors [N, D] and [M, D].

    With features of the Inception network this is the FID. It is biased upwards for small sets,
    strongly so below D vectors: compare only sets of equal sizes.

    Raises:
        ConfigError: fewer than two vectors, or different D.
    """
    if a.shape[-1] != b.shape[-1]:
        raise ConfigError(
            f"feature vectors of {a.shape[-1]} and {b.shape[-1]} numbers can't be "
            "compared: take both from one network"
        )
    if len(a) + len(b) > a.shape[-1]:
        return gaussian_distance(*gaussian(a), *gaussian(b))
    # With C = X^T X / (N - 1), the trace of (C_a C_b)^(1/2) is the sum of the singular values of
    # X_a X_b^T, up to the factors: a small matrix where there are less vectors than numbers.
    (mean_a, x), (mean_b, y) = _centered(a), _centered(b)
    n, m = len(x) - 1, len(y) - 1
    cross = torch.linalg.svdvals(x @ y.T).sum() / (n * m) ** 0.5
    distance = (
        (mean_a - mean_b).square().sum() + x.square().sum() / n + y.square().sum() / m - 2 * cross
    )
    return max(0.0, float(distance))


def artfid(content_distance: float, fid: float) -> float:
    """Return ``(1 + content_distance) (1 + fid)`` (Wright and Ommer, 2022, equation 4).

    The canonical ArtFID has LPIPS with AlexNet features as content distance and a FID with their
    ArtInception weights; with other distances the number compares only with its own kind.

    Raises:
        ConfigError: a distance is negative.
    """
    if content_distance < 0 or fid < 0:
        raise ConfigError(f"distances can't be negative, got {content_distance} and {fid}")
    return (1 + content_distance) * (1 + fid)
