"""docs/training/fold.py: a model of one style out of one that knows any."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import load_script, picture, tiny_config
from PIL import Image

import stylemix
from stylemix import checkpoint
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "fold.py"
GENERATORS = (
    {"name": "johnson", "width": 4, "blocks": 1, "grain": True},
    {"name": "lean", "width": 12, "blocks": 1},
)


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


def any_style(generator):
    torch.manual_seed(0)
    return build({**tiny_config(), "generator": generator}).eval()


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda g: g["name"])
def test_the_folded_model_draws_the_same_pictures_without_a_painting(script, generator):
    model = any_style(generator)
    photograph = picture(1, 48, 64)[0]
    one, two = (model.encode(picture(seed)[0]) for seed in (2, 3))
    folded = script.folded(model, one)
    assert folded.config["injections"] == [] and folded.config["encoder"] == {"name": "none"}
    drawn = folded.stylize(photograph)
    assert drawn == model.stylize(photograph, one)
    assert drawn != model.stylize(photograph, two)


def test_the_command_writes_a_checkpoint_that_loads(script, tmp_path):
    model = any_style(GENERATORS[1])
    checkpoint.save(model, tmp_path / "any")
    painting = Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 20).convert("RGB")
    painting.save(tmp_path / "painting.png")
    script.main([str(tmp_path / "any"), str(tmp_path / "painting.png"), str(tmp_path / "one")])
    photograph = picture(1)[0]
    found = stylemix.load(tmp_path / "one", device="cpu", runtime="torch").stylize(photograph)
    assert found == model.stylize(photograph, tmp_path / "painting.png")
