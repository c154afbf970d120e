"""Whole calls: what stylize offers comes out as in PyTorch."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from helpers import picture, tiny_palette_model
from runtime_models import lean_model

import stylemix
from stylemix.errors import ConfigError
from stylemix.runtime.library import missing
from stylemix.stylizers import build

pytestmark = pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")

PHOTO = (picture(1, 50, 71)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
ONE, TWO = picture(2, 40, 40)[0], picture(3, 36, 50)[0]
LEFT = np.linspace(255, 0, 71).round().astype(np.uint8)[None].repeat(50, 0)
CALLS = {
    "one": ([ONE], {}),
    "mixture": ([ONE, TWO], {"weights": [2, 1]}),
    "half": ([ONE], {"strength": 0.5}),
    "exaggerated": ([ONE, TWO], {"strength": 1.4}),
    "masks": ([ONE, TWO], {"masks": [LEFT, 255 - LEFT]}),
    "masks of a part": ([ONE, TWO], {"masks": [LEFT, LEFT // 2], "strength": 0.7}),
    "own colors": ([ONE], {"preserve_color": True}),
    "palette": ([ONE], {"palette": TWO}),
    "size": ([ONE], {"size": 37}),
}


@pytest.fixture(scope="module", params=["lean", "palette"])
def models(request):
    model = lean_model() if request.param == "lean" else tiny_palette_model()
    return model, model.using("openvino")


@pytest.mark.parametrize("call", CALLS)
def test_the_picture_is_pytorchs(models, call, caplog):
    styles, options = CALLS[call]
    with caplog.at_level(logging.INFO, logger="stylemix"):
        wanted, found = (np.asarray(m.stylize(PHOTO, styles, **options), float) for m in models)
    assert caplog.text == ""  # nothing fell back to PyTorch
    assert found.shape == wanted.shape
    error = np.square(found - wanted).mean()
    assert 10 * np.log10(255**2 / max(error, 1e-9)) >= 55


def test_tiles_are_pytorchs_with_a_line(models, caplog):
    torch_model, model = models
    photo = np.tile(PHOTO, (3, 3, 1))
    with caplog.at_level(logging.INFO, logger="stylemix"):
        found = np.asarray(model.stylize(photo, ONE, tile=64))
    assert "tiles" in caplog.text and "PyTorch" in caplog.text
    assert np.array_equal(found, np.asarray(torch_model.stylize(photo, ONE, tile=64)))


def test_another_runtime_shares_weights_and_styles():
    model = lean_model()
    other = model.using("openvino")
    assert (model.runtime, other.runtime) == ("torch", "openvino")
    assert other.generator is model.generator
    assert other.using("openvino") is other
    style = model.encode(ONE)
    wanted = np.asarray(model.stylize(PHOTO, style), int)
    assert np.abs(np.asarray(other.stylize(PHOTO, style), int) - wanted).max() <= 1
    found = stylemix.stylize(PHOTO, style, model=model, runtime="openvino")
    assert np.abs(np.asarray(found, int) - wanted).max() <= 1
    assert model.runtime == "torch"


def test_load_gives_each_runtime():
    for name in ("auto", "torch"):
        assert stylemix.load("film", device="cpu", runtime=name).runtime == name
    assert stylemix.load("film", runtime="openvino").device == torch.device("cpu")


def test_what_has_no_pass_to_compile():
    gatys = build({"stylizer": "gatys"})
    assert gatys.using("auto") is gatys
    with pytest.raises(ConfigError, match="one pass"):
        gatys.using("openvino")
    with pytest.raises(ConfigError, match="auto, torch, openvino"):
        stylemix.stylize(PHOTO, ONE, model=lean_model(), runtime="cuda")
