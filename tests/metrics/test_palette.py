from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.stats import wasserstein_distance

from stylemix.metrics.palette import palette_distance, project, sliced, transport
from stylemix.ops import unit_vectors

VALUES = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=12)


@given(VALUES, VALUES)
def test_transport_of_order_one_equals_scipy(a, b):
    found = transport(torch.tensor(sorted(a)), torch.tensor(sorted(b)))
    assert float(found) == pytest.approx(wasserstein_distance(a, b), abs=1e-5)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 1000))
def test_transport_of_order_two_equals_the_assignment_problem(p, q, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random(p), rng.random(q)
    # Every sample repeated until both sides have p * q: then the plan is an assignment.
    cost = (np.repeat(a, q)[:, None] - np.repeat(b, p)[None]) ** 2
    rows, columns = linear_sum_assignment(cost)
    wanted = np.sqrt(cost[rows, columns].mean())
    found = transport(torch.tensor(np.sort(a)), torch.tensor(np.sort(b)), order=2)
    assert float(found) == pytest.approx(wanted, abs=1e-9)


@given(st.integers(0, 1000))
def test_moved_pixels_change_nothing(seed):
    image = picture(1, 24, 20)[0]
    order = torch.randperm(24 * 20, generator=torch.Generator().manual_seed(seed))
    moved = image.reshape(3, -1)[:, order].reshape(3, 20, 24)
    assert palette_distance(image, moved) < 1e-6
    assert palette_distance(image, image, order=2) == 0


@given(st.integers(0, 50), st.integers(51, 100), st.sampled_from([1, 2]))
def test_symmetric(a, b, order):
    x, y = picture(a, 16, 18)[0], picture(b, 20, 12)[0]
    assert palette_distance(x, y, order=order) == pytest.approx(
        palette_distance(y, x, order=order), rel=1e-5
    )
    assert palette_distance(x, y, order=2) >= palette_distance(x, y) > 0


def test_a_shift_of_all_colours_has_the_known_distance():
    image = picture(2, 24, 24)[0] * 0.5
    shift = torch.tensor([0.3, 0.1, 0.2])
    found = palette_distance(image, image + shift[:, None, None], count=64, seed=3)
    wanted = (unit_vectors(64, 3, seed=3, dtype=torch.float64).float() @ shift).abs().mean()
    assert found == pytest.approx(float(wanted), rel=1e-4)


def test_black_and_white_over_many_directions():
    black, white = torch.zeros(3, 8, 8), torch.ones(3, 9, 8)
    # The mean |cosine| on a sphere is 1/2, its mean square 1/3.
    assert palette_distance(black, white, count=20000) == pytest.approx(3**0.5 / 2, rel=0.02)
    assert palette_distance(black, white, count=20000, order=2) == pytest.approx(1, rel=0.02)


def test_fewer_pixels_change_the_distance_little():
    a, b = picture(3, 96, 96)[0], picture(4, 96, 96)[0]
    few = sliced(project(a, pixels=4000), project(b, pixels=4000))
    assert project(a, pixels=4000).shape == (32, 4000)
    assert few == pytest.approx(palette_distance(a, b), abs=2e-3)
