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

sizes = st.integers(1, 400)
units = st.sampled_from([1, 4, 8])


def test_a_box_cuts_its_rectangle():
    grid = torch.arange(30).view(5, 6)
    rows, columns = Box(1, 2, 3, 2).slices()
    assert grid[rows, columns].tolist() == [[8, 9], [14, 15], [20, 21]]


@given(sizes, sizes, st.integers(0, 200), units)
def test_tiles_cover_every_map_once(height, width, tile, unit):
    boxes = Box.tiles(height, width, tile, unit)
    for stride in (s for s in (1, 2, 4, 8) if unit % s == 0):
        seen = torch.zeros(height // stride, width // stride)
        for box in boxes:
            seen[box.on_map(stride).slices()] += 1
        assert (seen == 1).all()
    assert all(box.top % unit == box.left % unit == 0 for box in boxes)
    assert all(box.height >= min(unit, height) for box in boxes)
    assert all(box.width >= min(unit, width) for box in boxes)
    if tile:
        most = -(-tile // unit) * unit + unit
        assert all(max(box.height, box.width) < most for box in boxes)


def test_no_tile_is_the_whole():
    assert Box.tiles(33, 21, 0, 8) == [Box(0, 0, 33, 21)]


def test_tiles_are_of_nearly_equal_size():
    assert [b.width for b in Box.tiles(8, 100, 48, 8)] == [48, 52]
    assert [b.width for b in Box.tiles(8, 100, 47, 8)] == [48, 52]
    assert [b.width for b in Box.tiles(8, 100, 40, 8)] == [32, 32, 36]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), sizes)
def test_a_grown_tile_is_the_tile_and_its_surroundings(top, left, height, width, halo):
    whole = torch.zeros(20, 23, dtype=torch.bool)
    box = Box(top, left, height, width)
    whole[box.slices()] = True
    outer = box.grown(halo, 20, 23)
    assert whole[outer.slices()].sum() == height * width
    at = torch.zeros(20, 23, dtype=torch.bool)
    at[max(0, top - halo) : top + height + halo, max(0, left - halo) : left + width + halo] = True
    seen = torch.zeros_like(at)
    seen[outer.slices()] = True
    assert torch.equal(seen, at)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), sizes)
def test_a_tile_in_its_surroundings_holds_the_same_pixels(top, left, height, width, halo):
    image = torch.arange(20 * 23).reshape(20, 23)
    box = Box(top, left, height, width)
    outer = box.grown(halo, 20, 23)
    inner = image[outer.slices()][box.within(outer).slices()]
    assert torch.equal(inner, image[box.slices()])


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
