"""Kernel distance between two sets of feature vectors."""

from __future__ import annotations

from torch import Tensor

from stylemix.errors import ConfigError


def kernel_distance(a: Tensor, b: Tensor) -> float:
    """Measure the unbiased squared maximum mean discrepancy with a cubic kernel.

    ``k(x, y) = (x . y / D + 1)^3``; with features of an Inception network this is the KID
    (Binkowski et al., "Demystifying MMD GANs", 2018, section 4). Unlike the Fréchet distance its
    expectation doesn't depend on the sizes of the sets; it can be slightly negative.

    Args:
        a: vectors [N, D].
        b: vectors [M, D].

    Raises:
        ConfigError: fewer than two vectors per side, or different D.
    """
    if a.ndim != 2 or b.ndim != 2 or min(len(a), len(b)) < 2 or a.shape[1] != b.shape[1]:
        raise ConfigError(
            "a kernel distance needs two sets of at least two feature vectors of "
            f"one length, got {list(a.shape)} and {list(b.shape)}"
        )
    a, b = a.double(), b.double()
    return float(_within(a) + _within(b) - 2 * _kernel(a, b).mean())


def _within(x: Tensor) -> Tensor:
    """Return the mean kernel of all pairs of two different vectors."""
    all_pairs = _kernel(x, x)
    return (all_pairs.sum() - all_pairs.diagonal().sum()) / (len(x) * (len(x) - 1))


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b.T / a.shape[1] + 1).pow(3)
