"""The small shared types, and numbers from callers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.types import Box, ProgressEvent, real_number, whole_number


def test_a_box_cuts_its_rectangle():
    grid = torch.arange(30).view(5, 6)
    rows, columns = Box(1, 2, 3, 2).slices()
    assert grid[rows, columns].tolist() == [[8, 9], [14, 15], [20, 21]]


@given(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))
def test_boxes_grow_as_far_as_the_picture_goes_and_move(top, left, height, width):
    box = Box(top, left, height, width)
    outer = box.grown(6, top + height + 2, left + width + 9)
    picture = torch.arange((top + height + 2) * (left + width + 9)).view(top + height + 2, -1)
    whole, part = picture[outer.slices()], picture[box.slices()]
    assert whole.shape == (min(top, 6) + height + 2, min(left, 6) + width + 6)
    assert torch.equal(whole[box.within(outer).slices()], part)


def test_boxes_that_meet_on_the_picture_meet_on_the_map():
    left, right = Box(0, 0, 13, 16), Box(0, 16, 13, 9)
    assert left.on_map(4) == Box(0, 0, 3, 4)
    assert right.on_map(4) == Box(0, 4, 3, 2)  # the last pixel has no value of its own


def test_the_picture_of_an_event_is_made_when_it_is_asked_for():
    made = []
    event = ProgressEvent(1, 3, lambda: made.append(1) or "picture")
    assert event == ProgressEvent(1, 3)
    assert made == []
    assert event.picture() == "picture"
    assert ProgressEvent(0, 3).picture() is None


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_whole_numbers_from_the_least_on(value, least):
    for kind in (int, np.int64, torch.tensor):
        if value >= least:
            found = whole_number("n", kind(value), least)
            assert found == value
            assert type(found) is int
        else:
            with pytest.raises(ConfigError, match=f"n must be a whole number of pixels >= {least}"):
                whole_number("n", kind(value), least, "pixels")


@pytest.mark.parametrize("value", [1.0, "1", None, True, np.True_, math.nan, [1], np.array([1])])
def test_what_is_no_whole_number(value):
    with pytest.raises(ConfigError, match="n must be a whole number >= 0"):
        whole_number("n", value, 0)


@given(st.floats(0, 10))
def test_real_numbers_in_range(value):
    assert real_number("x", np.float64(value), "a number", 0, 10) == value
    assert type(real_number("x", np.float32(1), "a number", 0, 10)) is float


@pytest.mark.parametrize(
    "value", [-0.1, 10.1, 10**400, math.nan, math.inf, "1", None, True, 1j, [1.0], np.ones(1)]
)
def test_what_is_no_real_number(value):
    with pytest.raises(ConfigError, match="x must be a number from 0 to 10, got"):
        real_number("x", value, "a number from 0 to 10", 0, 10)
