from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.types import Box

sizes = st.integers(1, 400)
units = st.sampled_from([1, 4, 8])


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
