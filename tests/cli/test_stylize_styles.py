"""``stylemix stylize`` with models of fixed styles: names in place of paintings, or none at all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config
from PIL import Image

from stylemix import checkpoint
from stylemix.stylizers import build


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    torch.manual_seed(0)
    model = build({**tiny_config(), "encoder": {"name": "table", "styles": ["night", "waves"]}})
    model.encoder.remember([picture(s, 40, 40)[0] for s in (7, 8)])
    return str(checkpoint.save(model.eval(), tmp_path_factory.mktemp("m") / "named"))


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    torch.manual_seed(0)
    model = build({**tiny_config(), "encoder": {"name": "none"}, "injections": []})
    return str(checkpoint.save(model.eval(), tmp_path_factory.mktemp("m") / "single"))


def pixels(path):
    return np.asarray(Image.open(path))


def test_names_in_place_of_paintings(invoke, draw, named, tmp_path):
    photo = draw("photo.png", 1)
    for name, style in (("a", "night"), ("b", "waves"), ("c", draw("x.png", 7, 40, 40))):
        result = invoke("stylize", photo, style, "-m", named, "-o", tmp_path / f"{name}.png")
        assert result.exit_code == 0, result.stderr
    a, b, c = (pixels(tmp_path / f"{name}.png") for name in "abc")
    assert (a == c).all()
    assert (a != b).any()
    result = invoke("stylize", photo, "fog", "-m", named, "-o", tmp_path / "d.png")
    assert result.exit_code == 2
    assert "it has: night, waves" in result.stderr


def test_no_painting_where_none_is_needed(invoke, draw, single, model, tmp_path):
    photo, painting = draw("photo.png", 1), draw("painting.png", 2)
    assert invoke("stylize", photo, "-m", single, "-o", tmp_path / "a.png").exit_code == 0
    result = invoke("stylize", photo, painting, "-m", single, "-o", tmp_path / "b.png")
    assert result.exit_code == 0
    assert "STYLE isn't used" in result.stderr
    assert (pixels(tmp_path / "a.png") == pixels(tmp_path / "b.png")).all()
    result = invoke("stylize", photo, "-m", model, "-o", tmp_path / "c.png")
    assert result.exit_code == 2
    assert "give at least one STYLE" in result.stderr
