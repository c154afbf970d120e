"""Styles that hold in regions, each drawn over the whole photograph."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given, settings
from hypothesis import strategies as st

import stylemix
from stylemix.images import from_float
from stylemix.stylizers.options import Options
from stylemix.stylizers.regions import draw_in_regions, laid_together
from stylemix.stylizers.request import read_request

PHOTO = from_float(picture(1, 40, 60)[0], torch.uint8)
STYLES = [picture(k, 50, 50)[0] for k in (2, 3, 4)]
LEFT = np.zeros((40, 60), np.float32)
LEFT[:, :30] = 1
RAMP = np.broadcast_to(np.linspace(0, 1, 60, dtype=np.float32), (40, 60))


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.float64)


def test_each_region_is_what_its_style_draws_of_the_whole_photograph(model):
    one, two = (array(model.stylize(PHOTO, style)) for style in STYLES[:2])
    both = array(model.stylize(PHOTO, STYLES[:2], masks=[LEFT, 1 - LEFT]))
    assert np.array_equal(both[:, :30], one[:, :30])
    assert np.array_equal(both[:, 30:], two[:, 30:])


def test_soft_masks_blend_the_pictures(model):
    one, two = (array(model.stylize(PHOTO, style)) for style in STYLES[:2])
    both = array(model.stylize(PHOTO, STYLES[:2], masks=[RAMP, 1 - RAMP]))
    share = RAMP[..., None]
    assert np.abs(both - (share * one + (1 - share) * two)).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("strength", [0.5, 1.0, 1.5])
def test_where_no_style_holds_is_the_photograph_and_strength_is_that_of_each(model, strength):
    alone = array(model.stylize(PHOTO, STYLES[0], strength=strength))
    masked = array(model.stylize(PHOTO, STYLES[0], strength=strength, masks=[LEFT]))
    assert np.array_equal(masked[:, 30:], PHOTO.permute(1, 2, 0).numpy()[:, 30:])
    assert np.array_equal(masked[:, :30], alone[:, :30])


def test_a_dark_region_keeps_its_contrast_beside_a_light_one():
    """In one pass the default's dark style became a flat blue: means were those of both regions."""
    folder = stylemix.images.example_pictures()
    photo = next(p for p in folder if p.stem == "temple")
    night, waves = (
        next(p for p in folder if p.stem == name) for name in ("swirling-night", "rolling-waves")
    )
    left = np.zeros((96, 144), np.float32)
    left[:, :72] = 1
    model = stylemix.load("film")
    alone = array(model.stylize(photo, night, size=144))[:, :72]
    beside = array(model.stylize(photo, [night, waves], size=144, masks=[left, 1 - left]))[:, :72]
    assert beside.std() > 0.95 * alone.std()


def test_styles_of_one_region_are_mixed_before_they_are_drawn(model):
    mixed = array(model.stylize(PHOTO, STYLES[:2], weights=[2, 1]))
    third = array(model.stylize(PHOTO, STYLES[2]))
    out = array(model.stylize(PHOTO, STYLES, weights=[2, 1, 1], masks=[LEFT, LEFT, 1 - LEFT]))
    assert np.array_equal(out[:, :30], mixed[:, :30])
    assert np.array_equal(out[:, 30:], third[:, 30:])


def drawn_by(weights, masks, strength=1.0):
    """Give what is drawn for masks: the styles' numbers and weights, one pair a drawing."""
    options = Options(weights=weights, masks=masks, strength=strength)
    request = read_request(PHOTO, len(weights), options)
    seen = []

    def draw(one, styles):
        assert all(w.shape == (1, 1, 1, 1) for w in (*one.style_weights, one.content_weight))
        seen.append((styles, [float(w) for w in one.style_weights], float(one.content_weight)))
        return torch.full_like(PHOTO, 60 * len(seen))

    return draw_in_regions(request, list(range(len(weights))), draw), seen


def test_masks_that_are_white_everywhere_are_one_drawing():
    white = np.ones((40, 60), np.float32)
    out, seen = drawn_by([3, 1], [white, white], strength=0.5)
    assert seen == [([0, 1], pytest.approx([0.375, 0.125]), pytest.approx(0.5))]
    assert bool((out == 60).all())


def test_what_holds_nowhere_is_not_drawn():
    _, seen = drawn_by([1, 1], [0 * LEFT, LEFT])
    assert [styles for styles, *_ in seen] == [[1]]


def test_progress_counts_all_drawings(model):
    told = []
    model.stylize(PHOTO, STYLES[:2], masks=[LEFT, 1 - LEFT], progress=told.append)
    assert told[-1].done == told[-1].total == 2
    assert [event.done for event in told] == sorted(event.done for event in told)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.floats(0, 1), min_size=1, max_size=3).filter(lambda s: 0 < sum(s) <= 1),
)
@settings(max_examples=30, deadline=None)
def test_a_blend_is_the_weighted_mean(seed, shares):
    random = torch.Generator().manual_seed(seed)
    content, *pictures = torch.randint(0, 256, (1 + len(shares), 3, 5, 7), generator=random)
    maps = [torch.full((1, 1, 5, 7), s) for s in shares]
    out = laid_together(
        content.byte(), [(p.byte(), m) for p, m in zip(pictures, maps, strict=True)]
    )
    wanted = (1 - sum(shares)) * content + sum(s * p for s, p in zip(shares, pictures, strict=True))
    assert (out.double() - wanted).abs().max() <= 0.5 + 1e-3
