from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.run_config import OptimizerConfig, ScheduleConfig
from stylemix.training.schedule import learning_rate, progress_of


def test_progress_by_steps_epochs_and_minutes():
    assert progress_of(ScheduleConfig(steps=40), 7, steps=10, seen=999, seconds=999) == 0.25
    # 3 epochs of 20 photographs are 60; a batch may overshoot the end.
    assert progress_of(ScheduleConfig(epochs=3), 20, steps=1, seen=45, seconds=0) == 0.75
    assert progress_of(ScheduleConfig(epochs=3), 20, steps=1, seen=64, seconds=0) == 1.0
    assert progress_of(ScheduleConfig(epochs=0.5), 20, steps=1, seen=5, seconds=0) == 0.5
    assert progress_of(ScheduleConfig(minutes=2), 20, steps=1, seen=5, seconds=30) == 0.25


def test_constant_rate_with_warm_up():
    optimizer = OptimizerConfig(lr=0.4, warmup=4, cosine=False)
    rates = [learning_rate(optimizer, step, 0.5) for step in range(6)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])


def test_cosine_starts_at_the_peak_and_ends_at_the_final_share():
    optimizer = OptimizerConfig(lr=2.0, warmup=0, cosine=True, final=0.1)
    assert learning_rate(optimizer, 0, 0.0) == 2.0
    assert learning_rate(optimizer, 0, 0.5) == pytest.approx(2.0 * 0.55)
    assert learning_rate(optimizer, 0, 1.0) == pytest.approx(0.2)
    # a third of the way: 0.1 + 0.9 (1 + cos(pi / 3)) / 2
    assert learning_rate(optimizer, 0, 1 / 3) == pytest.approx(2.0 * (0.1 + 0.9 * 0.75))


@given(
    st.floats(1e-6, 1),
    st.integers(0, 50),
    st.booleans(),
    st.floats(1e-3, 1),
    st.integers(0, 100),
    st.floats(0, 1),
)
def test_rate_is_above_zero_and_at_most_the_peak(lr, warmup, cosine, final, step, progress):
    optimizer = OptimizerConfig(lr=lr, warmup=warmup, cosine=cosine, final=final)
    assert 0 < learning_rate(optimizer, step, progress) <= lr * (1 + 1e-12)


@given(st.integers(0, 30), st.lists(st.floats(0, 1), min_size=2, max_size=9).map(sorted))
def test_rate_never_rises_after_the_warm_up(warmup, progress):
    optimizer = OptimizerConfig(lr=1.0, warmup=warmup)
    rates = [learning_rate(optimizer, warmup + i, p) for i, p in enumerate(progress)]
    assert all(a >= b for a, b in itertools.pairwise(rates))
