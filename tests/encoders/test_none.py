"""Models that need no painting: one network a style (Johnson et al., 2016)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, tiny_model

import stylemix
from stylemix.encoders import NoEncoder
from stylemix.errors import ConfigError
from stylemix.generators.blocks import ConvUnit
from stylemix.injections.style import StyleMix
from stylemix.stylizers import build

PHOTO = (picture(1, 40, 52)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


def one_style(seed=0):
    torch.manual_seed(seed)
    model = build({**tiny_config(), "encoder": {"name": "none"}, "injections": []}).eval()
    for parameter in model.parameters():  # also the affine parts, which start at one and zero
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def array(image):
    return np.asarray(image, dtype=np.int16)


def test_it_offers_nothing():
    assert NoEncoder()(picture(0)) == {}
    assert not NoEncoder().channels


def test_film_with_a_constant_code_folds_into_affine_instance_norm():
    film = tiny_model({"name": "film", "sites": ["*"]}, width=4, blocks=2)
    plain = build({**film.config, "encoder": {"name": "none"}, "injections": []}).eval()
    style = film.prepare(picture(5, 32, 32))
    units = {
        name: unit for name, unit in film.generator.named_modules() if isinstance(unit, ConvUnit)
    }
    assert len(units) == 3 + 2 * 2 + 3
    with torch.no_grad():
        for name, unit in plain.generator.named_modules():
            if isinstance(unit, ConvUnit):
                gamma, beta = style.prepared[f"{units[name].after.site.name}/film"]
                unit.conv.weight.copy_(units[name].conv.weight)
                unit.weight.copy_(gamma.flatten())
                unit.bias.copy_(beta.flatten())
        x = picture(6, 48, 40)
        want = film(x, StyleMix.single(style))
        found = plain(x, StyleMix.single(plain.prepare(None, {})))
    torch.testing.assert_close(found, want, atol=1e-5, rtol=0)
    assert (want - torch.sigmoid(torch.zeros(1))).abs().mean() > 0.05


def test_no_painting_is_needed_and_one_changes_nothing():
    model = one_style()
    assert not model.needs_style
    alone = array(stylemix.stylize(PHOTO, model=model))
    assert np.abs(alone - PHOTO).mean() > 2
    for style in ([], picture(2)[0], [picture(2)[0], picture(3)[0]], model.encode(picture(2)[0])):
        assert (array(model.stylize(PHOTO, style)) == alone).all()


def test_its_own_style_stands_where_a_paintings_would():
    model = one_style()
    alone = array(model.stylize(PHOTO))
    assert (array(model.stylize(PHOTO, model.own_style())) == alone).all()
    two = [model.own_style(), model.encode(picture(2)[0])]
    assert (array(model.stylize(PHOTO, two, weights=[2, 1])) == alone).all()
    for needy in (tiny_model(), stylemix.load("gatys")):
        with pytest.raises(ConfigError, match="no style of its own; give it a painting"):
            needy.own_style()


def test_strength_and_masks_lay_the_photograph_over_the_result():
    model = one_style()
    full = array(model.stylize(PHOTO))
    assert (array(model.stylize(PHOTO, strength=0)) == PHOTO).all()
    half = array(model.stylize(PHOTO, strength=0.5))
    w = 0.5
    mean = full + w * (PHOTO - full)
    assert np.abs(half - (mean + w**4 * (PHOTO - mean))).max() <= 1
    beyond = array(model.stylize(PHOTO, strength=1.25))
    again = array(model.stylize(full.astype(np.uint8)))
    assert np.abs(beyond - (full + 0.5 * (again - full))).max() <= 1
    left = np.zeros((40, 52), np.uint8)
    left[:, :26] = 255
    masked = array(model.stylize(PHOTO, masks=[left]))
    assert (masked[:, 26:] == PHOTO[:, 26:]).all()
    assert (masked[:, :26] == full[:, :26]).all()


def test_models_that_need_a_painting_say_so():
    for model in (tiny_model(), "gatys"):
        with pytest.raises(ConfigError, match="give at least one"):
            stylemix.stylize(PHOTO, model=model)


def test_what_needs_the_painting_itself_says_so():
    with pytest.raises(ConfigError, match="painting itself"):
        one_style().stylize(PHOTO, refine=1)
    with pytest.raises(ConfigError, match="palette: "):
        one_style().stylize(PHOTO, palette=picture(3)[0])


def test_the_example_that_ships_draws_the_night():
    """Its colours are the painting's: blue and yellow, whatever the photograph's."""
    grey = np.full((64, 64, 3), 128, np.uint8)
    grey[16:48, 16:48] = 200
    out = array(stylemix.stylize(grey, model="johnson-swirling-night"))
    assert (out[..., 2] - out[..., 0]).mean() > 20
