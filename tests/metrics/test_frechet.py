from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.metrics.frechet import artfid, frechet_distance, gaussian, gaussian_distance


def _reference(a, b):
    a, b = a.numpy().astype(np.float64), b.numpy().astype(np.float64)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    gap = a.mean(0) - b.mean(0)
    return gap @ gap + np.trace(cov_a + cov_b - 2 * root.real)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(12, 30), st.integers(12, 30))
def test_equals_scipy(seed, d, n, m):
    g = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=g)
    a = torch.randn(n, d, generator=g)
    b = torch.randn(m, d, generator=g) @ mix + 0.5
    assert frechet_distance(a, b) == pytest.approx(_reference(a, b), rel=1e-6, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-8)


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 6), st.integers(10, 20))
def test_fewer_vectors_than_numbers(seed, n, m, d):
    g = torch.Generator().manual_seed(seed)
    a, b = torch.randn(n, d, generator=g), torch.randn(m, d, generator=g) + 0.5
    wanted = gaussian_distance(*gaussian(a), *gaussian(b))
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    # A little noise makes the covariances regular, so that scipy's root can be had.
    cov_a, cov_b = (
        np.cov(x.numpy().astype(float), rowvar=False) + 1e-9 * np.eye(d) for x in (a, b)
    )
    gap = (a.double().mean(0) - b.double().mean(0)).square().sum()
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    assert frechet_distance(a, b) == pytest.approx(
        float(gap) + np.trace(cov_a + cov_b - 2 * root), rel=1e-2
    )


def test_equal_sets_are_zero_and_a_shift_is_its_square():
    a = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + 2) == pytest.approx(24, rel=1e-5)


def test_diagonal_covariances_have_a_closed_form():
    zero = torch.zeros(2, dtype=torch.float64)
    cov_a = torch.tensor([4.0, 9.0]).double().diag()
    cov_b = torch.eye(2, dtype=torch.float64)
    assert gaussian_distance(zero, cov_a, zero, cov_b) == pytest.approx(1 + 4)


def test_covariance_is_numpys():
    a = torch.randn(9, 4, generator=torch.Generator().manual_seed(2))
    mean, cov = gaussian(a)
    np.testing.assert_allclose(mean, a.double().numpy().mean(0), atol=1e-12)
    np.testing.assert_allclose(cov, np.cov(a.double().numpy(), rowvar=False), atol=1e-12)


def test_refuses_what_has_no_covariance():
    with pytest.raises(ConfigError, match="at least two"):
        frechet_distance(torch.zeros(1, 4), torch.zeros(3, 4))
    with pytest.raises(ConfigError, match="one network"):
        frechet_distance(torch.zeros(3, 4), torch.zeros(3, 5))


def test_artfid():
    assert artfid(0.5, 18) == pytest.approx(28.5)
    assert artfid(0, 0) == 1
    with pytest.raises(ConfigError, match="negative"):
        artfid(-0.1, 3)
