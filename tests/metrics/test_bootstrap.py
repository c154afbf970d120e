from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.metrics.bootstrap import mean_interval


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_equals_scipys_percentile_bootstrap(level):
    values = np.random.default_rng(1).gamma(2, size=80)
    found = mean_interval(values, level=level, resamples=20_000)
    wanted = scipy.stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=level,
        n_resamples=20_000,
        method="percentile",
        random_state=2,
    ).confidence_interval
    width = wanted.high - wanted.low
    assert found.low == pytest.approx(wanted.low, abs=0.02 * width)
    assert found.high == pytest.approx(wanted.high, abs=0.02 * width)
    assert found.mean == pytest.approx(values.mean())


def test_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    trials = 400
    hits = 0
    for _ in range(trials):
        found = mean_interval(rng.normal(3, 2, size=50), level=0.9, resamples=400)
        hits += found.low <= 3 <= found.high
    assert 0.84 < hits / trials < 0.94


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.integers(0, 100))
def test_lies_within_the_values_around_the_mean_and_is_seeded(values, seed):
    found = mean_interval(values, resamples=200, seed=seed)
    slack = 1e-9 * max(1.0, *map(abs, values))
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    assert found.count == len(values)
    assert mean_interval(values, resamples=200, seed=seed) == found


def test_one_value_is_its_own_interval():
    found = mean_interval([0.25])
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")], [[1.0], [2.0]]])
def test_refuses_what_has_no_mean(values):
    with pytest.raises(ConfigError, match="finite"):
        mean_interval(values)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_refuses_a_level_out_of_range(level):
    with pytest.raises(ConfigError, match="level"):
        mean_interval([1.0, 2.0], level=level)
