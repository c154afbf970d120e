from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.metrics.kernel import kernel_distance


def brute_force(a, b):
    def k(x, y):
        return (sum(p * q for p, q in zip(x, y, strict=True)) / len(x) + 1) ** 3

    n, m = len(a), len(b)
    own = sum(k(x, y) for x, y in itertools.permutations(a, 2)) / (n * (n - 1))
    other = sum(k(x, y) for x, y in itertools.permutations(b, 2)) / (m * (m - 1))
    return own + other - 2 * sum(k(x, y) for x in a for y in b) / (n * m)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(2, 6), st.integers(2, 6))
def test_equals_the_sum_over_pairs(seed, d, n, m):
    g = torch.Generator().manual_seed(seed)
    a, b = torch.randn(n, d, generator=g), torch.randn(m, d, generator=g) + 1
    wanted = brute_force(a.double().tolist(), b.double().tolist())
    assert kernel_distance(a, b) == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a), rel=1e-9, abs=1e-9)


def test_it_is_unbiased():
    """Two halves of one distribution are on average at no distance, however small they are."""
    g = torch.Generator().manual_seed(0)
    found = [
        kernel_distance(torch.randn(6, 4, generator=g), torch.randn(6, 4, generator=g))
        for _ in range(800)
    ]
    error = np.std(found) / len(found) ** 0.5
    assert abs(np.mean(found)) < 3 * error
    shifted = [
        kernel_distance(torch.randn(6, 4, generator=g), torch.randn(6, 4, generator=g) + 1)
        for _ in range(200)
    ]
    assert np.mean(shifted) > 20 * error


@pytest.mark.parametrize(("a", "b"), [((1, 4), (3, 4)), ((3, 4), (3, 5)), ((3,), (3,))])
def test_refuses_what_has_no_distance(a, b):
    with pytest.raises(ConfigError, match="at least two"):
        kernel_distance(torch.zeros(a), torch.zeros(b))
