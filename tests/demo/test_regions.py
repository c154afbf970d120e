from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylemix.demo import regions
from stylemix.errors import ConfigError, PictureError


def drawing(owner: np.ndarray, alpha: int = 153) -> Image.Image:
    """Paint each pixel in its owner's colour, -1 for none."""
    pixels = np.zeros((*owner.shape, 4), np.uint8)
    for slot, color in enumerate(regions.COLORS):
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        pixels[owner == slot] = [*rgb, alpha]
    return Image.fromarray(pixels)


@given(st.lists(st.integers(-1, 3), min_size=12, max_size=12), st.integers(60, 255))
def test_every_pixel_goes_to_the_painting_of_its_colour(values, alpha):
    owner = np.array(values).reshape(3, 4)
    masks = regions.masks([drawing(owner, alpha)], [0, 1, 2, 3])
    if (owner < 0).all():
        assert masks is None
        return
    for slot, mask in enumerate(masks):
        assert mask.mode == "L"
        np.testing.assert_array_equal(np.asarray(mask), np.where(owner == slot, 255, 0))


def test_only_slots_in_use_get_masks():
    masks = regions.masks([drawing(np.array([[1, 3]]))], [1, 3])
    assert [np.asarray(m).tolist() for m in masks] == [[[255, 0]], [[0, 255]]]


def test_the_upper_layer_wins():
    below, above = drawing(np.array([[0, 0]])), drawing(np.array([[-1, 1]]))
    masks = regions.masks([below, above], [0, 1])
    assert [np.asarray(m).tolist() for m in masks] == [[[255, 0]], [[0, 255]]]


@pytest.mark.parametrize("lower", range(4))
@pytest.mark.parametrize("upper", range(4))
def test_a_stroke_over_another_belongs_to_the_later_one(lower, upper):
    """The page's brush lets the colour below shine through."""
    a, b = (np.array([int(regions.COLORS[k][i : i + 2], 16) for i in (1, 3, 5)], float)
            for k in (lower, upper))
    alpha = 1 - (1 - regions.OPACITY) ** 2
    color = (regions.OPACITY * b + (1 - regions.OPACITY) * regions.OPACITY * a) / alpha
    pixel = np.array([[[*color.round(), round(255 * alpha)]]], np.uint8)
    masks = regions.masks([Image.fromarray(pixel)], [0, 1, 2, 3])
    assert [int(np.asarray(m).max()) for m in masks].index(255) == upper


def test_faint_rims_and_empty_drawings_count_as_nothing():
    assert regions.masks([drawing(np.array([[0]]), alpha=20)], [0]) is None
    assert regions.masks([], [0]) is None


def test_a_colour_without_its_painting_is_refused():
    with pytest.raises(ConfigError, match=r"blue.*painting 2"):
        regions.masks([drawing(np.array([[0, 1]]))], [0, 2])


def test_layers_of_two_sizes_and_huge_ones_are_refused():
    with pytest.raises(PictureError, match="differ"):
        regions.masks([drawing(np.zeros((2, 2))), drawing(np.zeros((2, 3)))], [0])
    with pytest.raises(PictureError, match="smaller"):
        regions.masks([Image.new("L", (4000, 4000))], [0])
