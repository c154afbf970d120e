"""Pairs of pictures that int8 is calibrated with."""

from __future__ import annotations

import numpy as np
import pytest

from stylemix.errors import ConfigError
from stylemix.stylizers.calibrating import FEWEST, MOST, SIDE, calibration_pairs


def flat(value, height=20, width=30):
    return np.full((height, width, 3), value, np.uint8)


def test_each_picture_is_once_either():
    pairs = list(calibration_pairs([flat(v) for v in range(10)], 16))
    contents = [round(float(c.mean()) * 255) for c, _ in pairs]
    styles = [round(float(s.mean()) * 255) for _, s in pairs]
    assert contents == list(range(10))
    assert styles == [5, 6, 7, 8, 9, 0, 1, 2, 3, 4]  # the two halves of a list meet


def test_sizes():
    long = [flat(9, 300, 1500)] * FEWEST
    for content, painting in calibration_pairs(long, 100):
        assert content.shape == (1, 3, SIDE, 2 * SIDE)
        assert painting.shape == (1, 3, 100, 500)
    small, _ = next(calibration_pairs([flat(9)] * FEWEST, 100))
    assert small.shape == (1, 3, 20, 30)  # nothing is enlarged


def test_many_are_thinned_evenly():
    pairs = list(calibration_pairs([flat(v % 250, 8, 8) for v in range(2 * MOST)], 8))
    assert [round(float(c.mean()) * 255) for c, _ in pairs] == [
        v % 250 for v in range(0, 2 * MOST, 2)
    ]


def test_too_few_are_refused():
    with pytest.raises(ConfigError, match=f"at least {FEWEST} pictures, got 2"):
        list(calibration_pairs([flat(1), flat(2)], 16))
