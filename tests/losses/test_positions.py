from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.losses.positions import spread_positions


@pytest.mark.parametrize(("height", "width"), [(3, 3), (4, 30), (64, 64), (200, 9)])
@pytest.mark.parametrize("margin", [0, 1])
def test_places_are_different_and_lie_inside_the_margin(height, width, margin):
    rows, columns = spread_positions(64, height, width, margin=margin)
    assert rows.min() >= margin
    assert rows.max() < height - margin
    assert columns.min() >= margin
    assert columns.max() < width - margin
    flat = (rows * width + columns).tolist()
    assert len(set(flat)) == len(flat) <= 64


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 50), (64, 256)])
def test_every_ninth_of_a_map_has_its_share(height, width):
    rows, columns = spread_positions(64, height, width)
    parts = np.histogram2d(rows.numpy(), columns.numpy(), bins=3, range=[[0, height], [0, width]])[
        0
    ]
    assert parts.sum() >= 60  # few of 64 points share a place
    assert parts.min() >= 5
    assert parts.max() <= 9


@pytest.mark.parametrize("count", [12, 13, 500])
def test_a_small_map_is_taken_whole(count):
    rows, columns = spread_positions(count, 3, 4)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (row, column) for row in range(3) for column in range(4)
    ]


def test_they_are_the_same_every_time():
    first, again = spread_positions(20, 30, 40), spread_positions(20, 30, 40)
    assert all(map(torch.equal, first, again))
