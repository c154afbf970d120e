"""``refine``: optimisation after the forward pass of a model."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from helpers import picture

import stylemix
from stylemix.backbones import FEATURES, feature_net
from stylemix.errors import Cancelled, ConfigError
from stylemix.images import examples_folder, read, resize, to_float
from stylemix.metrics.perceptual import describe, style_loss
from stylemix.stylizers.refining import (
    FORWARD_SHARE,
    REFINE,
    forward_share,
    recolored,
    refine_recipe,
)

PHOTO = (picture(1, 60, 81)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
ONE, TWO = picture(2, 64, 64)[0], picture(3, 60, 70)[0]


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


def test_it_changes_the_picture_and_alike_on_every_run(model):
    plain = array(model.stylize(PHOTO, ONE))
    refined = array(stylemix.stylize(PHOTO, ONE, model=model, refine=4))
    assert np.abs(refined - plain).mean() > 1
    assert (array(model.stylize(PHOTO, model.encode(ONE), refine=4)) == refined).all()


def test_zero_steps_are_the_plain_picture(model):
    assert (array(model.stylize(PHOTO, ONE, refine=0)) == array(model.stylize(PHOTO, ONE))).all()


def test_strength_zero_is_the_photograph(model):
    assert (array(model.stylize(PHOTO, ONE, strength=0, refine=4)) == PHOTO).all()
    assert np.abs(array(model.stylize(PHOTO, ONE, strength=1e-4, refine=4)) - PHOTO).max() <= 1


def test_masks_weights_and_colors(model):
    left = np.zeros((60, 81), np.uint8)
    left[:, :40] = 255
    out = array(model.stylize(PHOTO, [ONE, TWO], masks=[left, 0 * left], refine=4))
    assert (out[:, 44:] == PHOTO[:, 44:]).all()
    one = array(model.stylize(PHOTO, [ONE, TWO], weights=[1, 0], refine=4))
    assert np.abs(one - array(model.stylize(PHOTO, ONE, refine=4))).max() <= 1
    kept = model.stylize(PHOTO, ONE, refine=4, preserve_color=True, size=50)
    assert max(kept.size) == 50


def test_tiles_change_little(model):
    big = picture(4, 150, 200)[0]
    whole = array(model.stylize(big, ONE, tile=0, refine=2))
    tiled = array(model.stylize(big, ONE, tile=64, refine=2))
    assert np.abs(whole - tiled).mean() < 1


def test_progress_counts_steps_and_cancel_keeps_the_picture(model):
    told = []

    def watch(event):
        told.append((event.done, event.total, event.picture() is not None))
        if event.done == 3:
            raise Cancelled

    with pytest.raises(Cancelled) as caught:
        model.stylize(PHOTO, ONE, refine=8, progress=watch)
    # The network's pass is none of the steps, and has no picture to show.
    assert told == [(0, 8, False)] * 2 + [(k, 8, True) for k in (1, 2, 3)]
    assert caught.value.picture.size == (81, 60)

    def at_once(event):
        raise Cancelled

    with pytest.raises(Cancelled) as caught:
        model.stylize(PHOTO, ONE, refine=8, progress=at_once)
    assert caught.value.picture is None


def test_the_picture_so_far_is_that_of_the_step(model):
    shown = []
    result = model.stylize(PHOTO, ONE, refine=3, progress=lambda e: shown.append(e.picture()))
    assert (array(shown[-1]) == array(result)).all()
    assert np.abs(array(shown[2]) - array(result)).mean() > 0.1


@pytest.mark.parametrize("refine", [-1, 2.0, float("nan"), "5", True])
def test_bad_steps(model, refine):
    with pytest.raises(ConfigError, match="refine must be a whole number of steps >= 0"):
        stylemix.stylize(PHOTO, ONE, model=model, refine=refine)


def test_a_style_without_its_painting_is_refused(model):
    bare = dataclasses.replace(model.encode(ONE), painting=None)
    assert model.stylize(PHOTO, bare).size == (81, 60)
    with pytest.raises(ConfigError, match="encode it with"):
        model.stylize(PHOTO, bare, refine=1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40)])
def test_tiny_photographs(model, shape):
    photo = np.full((*shape, 3), 99, np.uint8)
    assert model.stylize(photo, ONE, refine=2).size == shape[::-1]


def test_recolored_takes_the_mean_and_covariance_of_the_palette():
    # Colours well inside the cube, so that nothing is clipped.
    calm = [0.4 + 0.2 * x for x in (ONE, TWO)]
    found = recolored((calm[0] * 255).round().to(torch.uint8), calm[1])
    for measure in (lambda x: x.flatten(1).mean(1), lambda x: torch.cov(x.flatten(1))):
        torch.testing.assert_close(measure(found), measure(calm[1]), atol=2e-3, rtol=0)
    assert (found - calm[1].new_tensor(0.5)).abs().max() < 0.5


def test_recolored_keeps_to_the_range_and_takes_styles(model):
    found = recolored(ONE, model.encode(TWO))
    assert 0 <= found.min() < found.max() <= 1
    torch.testing.assert_close(found, recolored(ONE, TWO), atol=1e-6, rtol=0)
    with pytest.raises(ConfigError, match="encode it with"):
        recolored(ONE, dataclasses.replace(model.encode(TWO), painting=None))


@pytest.mark.parametrize("features", FEATURES)
def test_few_steps_begin_with_the_networks_picture_and_are_short(features):
    shares = [forward_share(steps, features) for steps in range(1, 100)]
    assert shares[0] == 1 and shares[-1] == pytest.approx(FORWARD_SHARE[features])
    assert shares == sorted(shares, reverse=True)
    rates = [refine_recipe(steps, features).descent.rate for steps in range(1, 100)]
    assert rates == sorted(rates) and rates[-1] == REFINE[features].descent.rate
    assert rates[0] < REFINE[features].descent.rate / 3


def test_every_step_brings_the_default_nearer_to_the_painting():
    """Style, and with some steps content too, measured by an independent function."""
    model = stylemix.load("film", runtime="torch")
    folder = examples_folder()
    photo, painting = (
        read(folder / name) for name in ("photos/temple.jpg", "paintings/swirling-night.jpg")
    )
    photo, painting = (
        to_float(resize(raster.pixels, short_side=112)) for raster in (photo, painting)
    )
    net = feature_net("thin")
    wanted = describe(painting[0], net)
    found = []
    for steps in (0, 1, 4, 12):
        out = np.array(model.stylize(photo[0], painting[0], refine=steps))
        out = torch.from_numpy(out).permute(2, 0, 1) / 255
        found.append(float(style_loss(describe(out, net), wanted)))
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.9 * found[0]

    def stop(event):
        if event.done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled) as caught:
        model.stylize(photo[0], painting[0], refine=60, progress=stop)
    reached = to_float(read(caught.value.picture).pixels)[0]
    assert float(style_loss(describe(reached, net), wanted)) < found[0]
