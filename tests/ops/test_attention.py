"""Attention in chunks against the formula, and samples of places."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.ops.attention import attend, sample_positions


def _brute(q: np.ndarray, k: np.ndarray, v: np.ndarray, scale: float) -> np.ndarray:
    """softmax(scale q k) v, one query of one head of one picture at a time."""
    out = np.empty((*q.shape[:3], v.shape[3]))
    for b, h, i in np.ndindex(*q.shape[:3]):
        logits = scale * np.array([q[b, h, i] @ kj for kj in k[b, h]])
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        out[b, h, i] = sum(w * vj for w, vj in zip(weights, v[b, h], strict=True))
    return out


def _random(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("scale", [None, 1.0, 0.3])
@pytest.mark.parametrize("pairs", [1, 20, 10_000])
def test_any_chunk_gives_the_formula(scale, pairs):
    q, k, v = _random(0, 2, 3, 11, 4), _random(1, 2, 3, 7, 4), _random(2, 2, 3, 7, 5)
    wanted = _brute(q.numpy(), k.numpy(), v.numpy(), 1 / math.sqrt(4) if scale is None else scale)
    found = attend(q, k, v, scale=scale, pairs=pairs)
    assert np.abs(found.numpy() - wanted).max() < 1e-12


def test_one_style_serves_a_batch_with_gradients():
    q, k, v = _random(0, 3, 1, 10, 4), _random(1, 1, 1, 6, 4), _random(2, 1, 1, 6, 4)
    for t in (q, k, v):
        t.requires_grad_()
    found = attend(q, k, v, scale=1.0, pairs=18)
    wanted = torch.softmax(q @ k.transpose(2, 3), 3) @ v
    assert torch.allclose(found, wanted, atol=1e-12)
    for a, b in zip(
        torch.autograd.grad(found.sin().sum(), (q, k, v)),
        torch.autograd.grad(wanted.sin().sum(), (q, k, v)),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-12)


@given(places=st.integers(1, 300), most=st.integers(1, 300))
def test_a_sample_is_ascending_without_repetition_and_always_the_same(places, most):
    found = sample_positions(places, most)
    if places <= most:
        assert found is None
        return
    assert found is not None
    assert len(found) == most
    assert found[0] >= 0
    assert found[-1] < places
    assert bool((found.diff() > 0).all())
    torch.manual_seed(places)  # whatever else is random
    assert torch.equal(found, sample_positions(places, most))


def test_a_sample_is_spread_over_the_map():
    found = sample_positions(10_000, 2_000)
    assert found is not None
    # The mean of 2,000 of 10,000 uniform places has a deviation of about 58.
    assert abs(float(found.double().mean()) - 5_000) < 4 * 58
    assert int(found.diff().max()) < 100
