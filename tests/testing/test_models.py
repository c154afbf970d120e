"""The suite for trained models passes the one that ships, and fails each kind of bad one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import tiny_model

import stylemix
from stylemix import checkpoint
from stylemix.errors import CheckpointError, UnknownNameError
from stylemix.plugins import registry
from stylemix.stylizers import build
from stylemix.testing import MODEL_CHECKS, ModelCase, model_suite
from stylemix.testing import models as c

FILM = Path(stylemix.__file__).parent / "models" / "film"

test_film = model_suite("film", megabytes=6.0, says="FiLM")


def saved(model, folder, description="for a test"):
    return str(checkpoint.save(model, folder, card={"description": description}))


@pytest.fixture(scope="module")
def deaf(tmp_path_factory):
    """A trained model whose layers no longer hear the style."""
    model = checkpoint.load(FILM)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "injections" in name and name.endswith("weight"):
                parameter.zero_()
    return ModelCase(saved(model, tmp_path_factory.mktemp("deaf")))


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A model that paints every photograph in one colour."""
    model = tiny_model()
    with torch.no_grad():
        for parameter in model.generator.parameters():
            parameter.zero_()
    return ModelCase(saved(model, tmp_path_factory.mktemp("flat")))


def test_a_model_that_does_not_hear_the_style_fails(deaf):
    with pytest.raises(AssertionError, match="hardly takes colours over"):
        c.check_colors(deaf)
    c.check_shapes(deaf)


def test_a_model_that_does_not_see_the_photograph_fails(flat):
    with pytest.raises(AssertionError, match="loses the photograph"):
        c.check_shapes(flat)


def test_broken_weights_fail(tmp_path):
    model = tiny_model()
    with torch.no_grad():
        next(model.generator.parameters()).fill_(float("nan"))
    case = ModelCase(saved(model, tmp_path))
    for check in (c.check_colors, c.check_shapes):
        with pytest.raises(CheckpointError, match="values that are not finite"):
            check(case)


def test_one_that_is_not_registered_is_not_listed(deaf):
    with pytest.raises(AssertionError, match="lists 0 models"):
        c.check_listed(deaf)
    with pytest.raises(UnknownNameError, match="nothing-such"):
        c.check_small(ModelCase("nothing-such"))


@pytest.mark.parametrize("text", ["", "  ", "two\nlines"])
def test_a_description_is_one_line(tmp_path, text):
    with pytest.raises(AssertionError, match="one line on what it is"):
        c.check_described(ModelCase(saved(tiny_model(), tmp_path, text)))


def test_a_description_says_what_it_should():
    c.check_described(ModelCase("film", says="FiLM"))
    with pytest.raises(AssertionError, match="lacks 'a small example'"):
        c.check_described(ModelCase("film", says="a small example"))


def test_large_weights_fail_by_their_size_in_megabytes():
    size = (FILM / "model.safetensors").stat().st_size / 1e6
    c.check_small(ModelCase("film", megabytes=size))
    with pytest.raises(AssertionError, match=f"take {size:.1f} MB"):
        c.check_small(ModelCase("film", megabytes=size - 1e-6))


def test_another_network_than_the_presets_fails(tmp_path, monkeypatch):
    preset = registry("presets").get("film-palette")
    for name, config in (("own", {**preset, "style_size": 48}), ("same", preset)):
        saved(build(dict(config)), tmp_path / name)
    # Under a name of its own: the model that ships goes before a plugin's of the same name.
    monkeypatch.setitem(registry("presets")._things, "brought", preset)
    known = registry("models")._things
    monkeypatch.setitem(known, "brought", tmp_path / "own")
    with pytest.raises(AssertionError, match="differ in style_size"):
        c.check_preset(ModelCase("brought"))
    monkeypatch.setitem(known, "brought", tmp_path / "same")
    c.check_preset(ModelCase("brought"))
    c.check_listed(ModelCase("brought"))


def test_the_pictures_are_what_the_checks_say():
    warm, cool = (c.blots(*p) for p in (c.WARM, c.COOL))
    assert float((warm[:, 0] - warm[:, 2]).mean()) == pytest.approx(0.6, abs=0.05)
    assert float((cool[:, 0] - cool[:, 2]).mean()) == pytest.approx(-0.6, abs=0.05)
    for painting in (c.WARM, c.COOL):
        made = c.light_and_dark(*painting)
        parts = made / torch.tensor(painting[1:]).view(1, 3, 1, 1)  # the same in every channel
        assert float((parts - parts.mean(1, keepdim=True)).abs().max()) < 1e-6
        assert float(parts.min()) == pytest.approx(0.2)
        assert float(parts.max()) == pytest.approx(1)
        assert 0.1 < float((parts < 0.4).float().mean()) < 0.6
    grey = c.photograph()[0].mean(0).numpy()
    assert np.allclose(grey[30:66, 30:66], 0.1)
    assert float(grey[:, :16].mean()) == pytest.approx(0.5, abs=0.05)


def test_the_suite_runs_every_check():
    (mark,) = test_film.pytestmark
    assert tuple(mark.args[1]) == MODEL_CHECKS
    found = {name for name in vars(c) if name.startswith("check_")}
    assert found == {check.__name__ for check in MODEL_CHECKS}
