from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_model

from stylemix import checkpoint
from stylemix.checkpoint.assembling import assemble
from stylemix.errors import CheckpointError, ConfigError
from stylemix.injections.style import StyleMix
from stylemix.stylizers import build


def config_of(*layers, cascade=False):
    return {
        "generator": {"name": "vgg", "layers": list(layers), "cascade": cascade},
        "encoder": {"name": "none"},
        "injections": [],
        "style_size": 32,
    }


@pytest.fixture
def parts(tmp_path):
    made = {}
    for seed, layer in enumerate(("relu2_1", "relu1_2")):
        torch.manual_seed(seed)
        made[layer] = checkpoint.save(build(config_of(layer)), tmp_path / layer)
    return made


def run(model, x):
    with torch.no_grad():
        return model(x, StyleMix.single(model.prepare(x)))


def test_a_cascade_of_levels_that_were_trained_apart(parts):
    model = assemble(config_of("relu2_1", "relu1_2", cascade=True), list(parts.values()))
    x = picture(1, 32, 32)
    levels = [checkpoint.load(folder) for folder in parts.values()]
    torch.testing.assert_close(run(model, x), run(levels[1], run(levels[0], x)))


def test_what_is_missing_is_named(parts):
    with pytest.raises(CheckpointError, match=r"decoders.relu1_2.*and \d+ more"):
        assemble(config_of("relu2_1", "relu1_2", cascade=True), [parts["relu2_1"]])


def test_parts_that_disagree_are_refused(parts, tmp_path):
    torch.manual_seed(9)
    other = checkpoint.save(build(config_of("relu2_1")), tmp_path / "other")
    with pytest.raises(CheckpointError, match="hold different 'generator.decoders.relu2_1"):
        assemble(config_of("relu2_1"), [parts["relu2_1"], other])


def test_another_shape_is_refused(tmp_path):
    small = checkpoint.save(tiny_model(width=4), tmp_path / "small")
    with pytest.raises(CheckpointError, match="model needs"):
        assemble(tiny_model(width=8).config, [small])


def test_a_wrong_configuration(parts):
    with pytest.raises(ConfigError):
        assemble({**config_of("relu2_1"), "colour": 1}, [parts["relu2_1"]])
