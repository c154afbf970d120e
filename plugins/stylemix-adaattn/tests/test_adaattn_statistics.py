"""Attention-weighted mean and deviation against the equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_adaattn.statistics import as_map, attention_statistics, tokens


def _tokens(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _by_hand(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give weighted means and deviations of one picture, from the weights' own definition."""
    means, deviations = [], []
    for query in q:
        weights = np.exp(k @ query - (k @ query).max())
        weights /= weights.sum()
        mean = sum(w * x for w, x in zip(weights, v, strict=True))
        # The variance as such, not a difference of squares.
        variance = sum(w * (x - mean) ** 2 for w, x in zip(weights, v, strict=True))
        means.append(mean)
        deviations.append(np.sqrt(np.maximum(variance, 1e-5)))
    return np.array(means), np.array(deviations)


def test_mean_and_deviation_are_those_of_the_weighted_style() -> None:
    q, k, v = _tokens(0, 2, 6, 4), _tokens(1, 2, 5, 4), 3 + _tokens(2, 2, 5, 3)
    mean, deviation = attention_statistics(q, k, v)
    for b in range(2):
        wanted = _by_hand(q[b].numpy(), k[b].numpy(), v[b].numpy())
        assert np.abs(mean[b].numpy() - wanted[0]).max() < 1e-12
        assert np.abs(deviation[b].numpy() - wanted[1]).max() < 1e-9


def test_one_style_serves_a_batch() -> None:
    q, k, v = _tokens(0, 3, 6, 4), _tokens(1, 1, 5, 4), _tokens(2, 1, 5, 3)
    whole = attention_statistics(q, k, v)
    for b in range(3):
        for found, wanted in zip(whole, attention_statistics(q[b : b + 1], k, v), strict=True):
            assert torch.allclose(found[b : b + 1], wanted, atol=1e-12)


def test_attention_to_one_place_gives_that_place_and_the_least_deviation() -> None:
    v = _tokens(2, 1, 4, 3)
    key = 1e3 * torch.eye(4, dtype=torch.float64)[None]
    query = torch.eye(4, dtype=torch.float64)[None, [2, 0]]
    mean, deviation = attention_statistics(query, key, v)
    assert torch.allclose(mean, v[:, [2, 0]], atol=1e-12)
    assert torch.allclose(deviation, torch.full_like(deviation, 1e-5**0.5), atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_constant_far_from_zero_costs_no_precision(dtype: torch.dtype) -> None:
    q, k, v = (t.to(dtype) for t in (_tokens(0, 1, 6, 4), _tokens(1, 1, 5, 4), _tokens(2, 1, 5, 3)))
    mean, deviation = attention_statistics(q, k, v)
    far_mean, far_deviation = attention_statistics(q, k, v + 1000)
    assert torch.allclose(far_deviation, deviation, atol=1e-3)
    assert torch.allclose(far_mean - 1000, mean, atol=1e-3)


def test_the_gradient_is_finite_where_the_variance_is_zero() -> None:
    q, k = _tokens(0, 1, 6, 4), _tokens(1, 1, 5, 4)
    v = torch.ones(1, 5, 3, dtype=torch.float64)
    for t in (q, k, v):
        t.requires_grad_()
    mean, deviation = attention_statistics(q, k, v)
    assert bool((deviation >= 1e-5**0.5 - 1e-12).all())
    for gradient in torch.autograd.grad((mean + deviation).sum(), (q, k, v)):
        assert bool(gradient.isfinite().all())


def test_eight_bits_in_come_out_as_float32_with_its_precision() -> None:
    q, k, v = _tokens(0, 1, 6, 4), _tokens(1, 1, 5, 4), _tokens(2, 1, 5, 3)
    low = [t.bfloat16() for t in (q, k, v)]
    with torch.autocast("cpu", torch.bfloat16):
        found = attention_statistics(*low)
    for part, wanted in zip(found, attention_statistics(*(t.double() for t in low)), strict=True):
        assert part.dtype == torch.float32
        assert torch.allclose(part.double(), wanted, atol=1e-5)


def test_tokens_and_maps_are_the_same_things() -> None:
    x = _tokens(0, 2, 3, 4, 5)
    assert torch.equal(tokens(x)[1, 7], x[1, :, 1, 2])
    assert torch.equal(as_map(tokens(x), x), x)
