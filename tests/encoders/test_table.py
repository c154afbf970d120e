"""Named styles: conditional instance normalisation (Dumoulin et al., 2017) and how it is used."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import picture, tiny_config
from PIL import Image

from stylemix import checkpoint
from stylemix.encoders import TableEncoder
from stylemix.errors import ConfigError, UnknownNameError
from stylemix.generators.base import Injected
from stylemix.images import to_pil
from stylemix.injections import FiLM
from stylemix.plugins import registry
from stylemix.stylizers import build
from stylemix.types import Site

NAMES = ["night", "waves", "ink"]
PAINTINGS = [picture(50 + i, 90, 120)[0] for i in range(3)]
PHOTO = (picture(1, 40, 52)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


def named(**options):
    torch.manual_seed(0)
    config = tiny_config({"name": "film", "sites": ["*"]})
    model = build({**config, "encoder": {"name": "table", "styles": NAMES, **options}}).eval()
    for parameter in model.generator.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    model.encoder.remember(PAINTINGS)
    return model


def array(image):
    return np.asarray(image, dtype=np.int16)


def test_film_of_unit_vectors_is_conditional_instance_norm():
    """``gamma_s norm(x) + beta_s`` with a gamma and beta of each style's own (section 2.2)."""
    table = TableEncoder(styles=NAMES)
    film = FiLM(Site("s", "norm", 5, 4), table.channels)
    gammas, betas = torch.randn(3, 5), torch.randn(3, 5)
    with torch.no_grad():
        film.linear.bias.zero_()
        film.linear.weight.copy_(torch.cat([gammas.T - 1, betas.T]))
    raw = torch.randn(3, 5, 6, 7)
    order = torch.tensor([2, 0, 1])
    found = film(F.instance_norm(raw), film.prepare(table.rows(order)))
    for row, style in enumerate(order):
        want = F.instance_norm(raw[row : row + 1], weight=gammas[style], bias=betas[style])
        torch.testing.assert_close(found[row : row + 1], want, atol=1e-5, rtol=0)


@pytest.mark.parametrize("options", [{}, {"dim": 2}])
def test_gamma_and_beta_are_linear_between_styles(options):
    table = TableEncoder(styles=NAMES, **options)
    film = FiLM(Site("s", "norm", 5, 4), table.channels)
    one, other = (table.rows(torch.tensor([i]))["embedding"] for i in (0, 1))
    mixed = film.prepare({"embedding": 0.3 * one + 0.7 * other})
    for found, a, b in zip(
        mixed, film.prepare({"embedding": one}), film.prepare({"embedding": other}), strict=True
    ):
        torch.testing.assert_close(found, 0.3 * a + 0.7 * b)


def test_names_and_paintings_give_the_same_picture():
    model = named()
    assert model.styles == tuple(NAMES)
    for i, name in enumerate(NAMES):
        by_name = array(model.stylize(PHOTO, name))
        assert (array(model.stylize(PHOTO, PAINTINGS[i])) == by_name).all()
        # Recognised as a small JPEG too, whatever its file is called.
        buffer = io.BytesIO()
        to_pil(PAINTINGS[i]).resize((60, 45), Image.Resampling.LANCZOS).save(buffer, "JPEG")
        assert (array(model.stylize(PHOTO, Image.open(buffer))) == by_name).all()
        assert (array(model.stylize(PHOTO, model.encode(name))) == by_name).all()
    assert (
        np.abs(array(model.stylize(PHOTO, "night")) - array(model.stylize(PHOTO, "ink"))).mean() > 1
    )


def test_styles_mix():
    model = named()
    night, waves = (array(model.stylize(PHOTO, n)) for n in ("night", "waves"))
    assert (array(model.stylize(PHOTO, ["night", "waves"], weights=[1, 0])) == night).all()
    mixed = array(model.stylize(PHOTO, ["night", "waves"]))
    assert np.abs(mixed - night).mean() > 0.5
    assert np.abs(mixed - waves).mean() > 0.5
    left = np.zeros((40, 52), np.uint8)
    left[:, :26] = 255
    masked = array(model.stylize(PHOTO, ["night", "waves"], masks=[left, 0 * left]))
    assert (masked[:, 26:] == PHOTO[:, 26:]).all()
    assert (array(model.stylize(PHOTO, "night", strength=0)) == PHOTO).all()


def test_an_unknown_style_is_one_clear_error(tmp_path):
    model = named()
    with pytest.raises(UnknownNameError, match=r"no style 'nihgt'; did you mean 'night'.*waves"):
        model.stylize(PHOTO, "nihgt")
    with pytest.raises(UnknownNameError, match="one of the names night, waves, ink"):
        model.stylize(PHOTO, picture(99, 60, 60)[0])
    to_pil(PAINTINGS[1]).save(tmp_path / "anything.png")
    assert (
        array(model.stylize(PHOTO, str(tmp_path / "anything.png")))
        == array(model.stylize(PHOTO, "waves"))
    ).all()


@pytest.mark.parametrize("options", [{}, {"dim": 2}])
def test_it_is_saved_with_names_and_looks(tmp_path, options):
    model = named(**options)
    again = checkpoint.load(checkpoint.save(model, tmp_path / "m", half=True))
    assert again.styles == model.styles
    for i, name in enumerate(NAMES):
        found = array(again.stylize(PHOTO, PAINTINGS[i]))
        assert np.abs(found - array(model.stylize(PHOTO, name))).mean() < 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "names of its styles"),
        ({"styles": "night"}, r"encoder\.styles must be a list .* got 'night'"),
        ({"styles": ["a", " "]}, r"encoder\.styles\[1\] must be a text that isn't blank"),
        ({"styles": ["a", "b", "a"]}, r"encoder\.styles must be a list .*of different items"),
        ({"styles": ["a"], "dim": 0}, r"encoder\.dim must be a whole number >= 1 or left out"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        registry("encoders").build({"name": "table", **options})


def test_as_many_paintings_as_styles():
    with pytest.raises(ConfigError, match="3 styles need as many paintings, got 2"):
        TableEncoder(styles=NAMES).remember(PAINTINGS[:2])


def test_every_normalisation_has_its_own():
    sites = [m for m in named().generator.modules() if isinstance(m, Injected) and len(m)]
    assert all(m.site.slot == "norm" for m in sites)
    assert len(sites) == 3 + 2 + 3
