"""Numbers that change over the frames of a batch."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def curves(pack: ModuleType) -> Any:
    return sys.modules[f"{pack.__name__}.curves"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 2), min_size=1, max_size=6), st.integers(2, 40))
def test_linear_is_numpys_interpolation(curves: Any, points: list[float], count: int) -> None:
    curve = curves.Curve(tuple(points))
    made = [curve.at(number, count) for number in range(count)]
    places = np.linspace(0, len(points) - 1, count)
    assert made == pytest.approx(list(np.interp(places, range(len(points)), points)), abs=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 1), min_size=1, max_size=4), st.integers(1, 9), st.booleans())
def test_a_curve_and_its_complement_sum_to_one(
    curves: Any, points: list[float], count: int, smooth: bool
) -> None:
    curve = curves.Curve(tuple(points), "smooth" if smooth else "linear")
    for number in range(count):
        assert curve.at(number, count) + curve.complement().at(number, count) == pytest.approx(1)


def test_smooth_starts_and_stops_gently(curves: Any) -> None:
    curve = curves.Curve((0.0, 1.0, 0.0), "smooth")
    made = [curve.at(number, 9) for number in range(9)]
    assert made == pytest.approx([0, 0.15625, 0.5, 0.84375, 1, 0.84375, 0.5, 0.15625, 0])


def test_a_single_picture_takes_the_first_number(curves: Any) -> None:
    assert curves.Curve((0.25, 1.0)).at(0, 1) == 0.25


@pytest.mark.parametrize("text", ["0, 1", "0 1", " 0;1 ", "0\n1", "0,1,"])
def test_numbers_are_read(curves: Any, text: str) -> None:
    assert curves.read_curve(text, "smooth", "x", 0, 2) == curves.Curve((0.0, 1.0), "smooth")
    assert curves.read_curve("  ", "linear", "x", 0, 2) is None


@pytest.mark.parametrize("text", ["a", "0, -1", "3", "nan", "inf", "0..1"])
def test_other_texts_are_refused_by_name(curves: Any, text: str) -> None:
    with pytest.raises(ValueError, match="^share: expected numbers from 0 to 2 .* such as 0, 1"):
        curves.read_curve(text, "linear", "share", 0, 2)
