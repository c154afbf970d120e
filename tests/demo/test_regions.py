from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

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


def test_edges_are_soft_and_share_every_pixel():
    owner = np.zeros((300, 400), int)
    owner[:, 200:] = 1
    left, right = (np.asarray(m, int) for m in regions.masks([drawing(owner)], [0, 1]))
    assert (np.abs(left + right - 255) <= 1).all()
    assert left[0, 150] == 255 and right[0, 250] == 255
    edge = left[150, 180:220]
    assert (np.diff(edge) <= 0).all() and len(set(edge)) > 8


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
    a, b = (
        np.array([int(regions.COLORS[k][i : i + 2], 16) for i in (1, 3, 5)], float)
        for k in (lower, upper)
    )
    alpha = 1 - (1 - regions.OPACITY) ** 2
    color = (regions.OPACITY * b + (1 - regions.OPACITY) * regions.OPACITY * a) / alpha
    pixel = np.array([[[*color.round(), round(255 * alpha)]]], np.uint8)
    masks = regions.masks([Image.fromarray(pixel)], [0, 1, 2, 3])
    assert [int(np.asarray(m).max()) for m in masks].index(255) == upper


PALETTE = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)], float) for c in regions.COLORS]
STROKES = [
    ([(20, 20), (180, 100)], 40),
    ([(30, 130), (100, 40), (170, 120)], 30),
    ([(100, 5), (110, 145)], 25),
]


def covered(points: list[tuple[int, int]], width: int) -> np.ndarray:
    """Give the share of each pixel that a stroke covers, from a drawing of eight times the size."""
    large = Image.new("L", (1600, 1200))
    ImageDraw.Draw(large).line([(8 * x, 8 * y) for x, y in points], 255, 8 * width, "curve")
    return np.asarray(large.resize((200, 150), Image.Resampling.BOX), float) / 255


def painted(slots: tuple[int, ...]) -> Image.Image:
    """Paint a soft-edged stroke a slot, later ones on top, on a canvas of 8 bits as browsers do."""
    colors, opaque = np.zeros((150, 200, 3)), np.zeros((150, 200, 1))
    for slot, stroke in zip(slots, STROKES, strict=False):
        alpha = regions.OPACITY * covered(*stroke)[..., None]
        colors = np.round(colors * (1 - alpha) + PALETTE[slot] * alpha)
        opaque = np.round(255 * (opaque * (1 - alpha) + alpha)) / 255
    straight = (colors / opaque.clip(1 / 255)).clip(0, 255)
    return Image.fromarray(np.dstack([straight, 255 * opaque]).round().astype(np.uint8))


@pytest.mark.parametrize(
    "slots", [*itertools.permutations(range(4), 2), *itertools.permutations(range(4), 3)]
)
def test_soft_edges_belong_to_one_of_the_strokes_and_have_no_speckle(slots):
    masks = regions.masks([painted(slots)], sorted(slots))  # another colour would be refused
    for mask in map(np.asarray, masks):
        assert mask.any()
        padded = np.pad(mask > 0, 1).astype(int)
        around = sum(padded[v : v + 150, h : h + 200] for v in range(3) for h in range(3))
        assert (around[mask > 0] > 2).all()  # itself and at least two beside it


@pytest.mark.parametrize("slots", [*itertools.permutations(range(4), 2)])
def test_an_edge_changes_its_owner_once(slots):
    lower, upper = (PALETTE[slot] for slot in slots)
    share = np.linspace(0, 1, 101)[:, None]
    edge = np.pad((lower + share * (upper - lower)).round(), ((0, 0), (0, 1)), constant_values=200)
    masks = regions.masks([Image.fromarray(edge[None].astype(np.uint8))], slots)
    below, above = (np.asarray(mask)[0] > 127 for mask in masks)  # its edge is soft
    assert (below == (share[:, 0] <= 0.5)).sum() >= 100  # of 101; colours are rounded
    assert (below != above).all()


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
