from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from helpers import tiny_config

from stylemix import checkpoint
from stylemix.dataset.model import choose_model, single_threaded
from stylemix.errors import ConfigError, UnknownNameError
from stylemix.stylizers import FeedForward


def test_a_choice_says_what_draws(model):
    choice, batch = choose_model(model, "cpu", "torch", None)
    weights = Path(model, "model.safetensors").read_bytes()
    assert choice.sha256 == hashlib.sha256(weights).hexdigest()
    assert (choice.name, choice.device, choice.runtime, batch) == ("tiny", "cpu", "torch", 1)
    assert choose_model("film", "cpu", "torch", 3)[0].name == "film"
    assert choose_model("film", "cpu", "torch", 3)[1] == 3


def test_auto_is_settled(model):
    pytest.importorskip("openvino", reason="needs OpenVINO")
    assert choose_model(model, "cpu", "auto", None)[0].runtime == "openvino"
    assert choose_model(model, "cpu", "auto", 4)[0].runtime == "torch"
    with pytest.raises(ConfigError, match="OpenVINO draws one picture at a time"):
        choose_model(model, "cpu", "openvino", 4)


def test_eight_bits_are_refused(model):
    with pytest.raises(ConfigError, match='calibrated anew .* needs "openvino" or "torch"'):
        choose_model(model, "cpu", "openvino-int8", None)


def test_auto_takes_pytorch_for_what_openvino_cannot_draw(tmp_path):
    pytest.importorskip("openvino", reason="needs OpenVINO")
    torch.manual_seed(0)
    config = tiny_config({"name": "patch"})
    folder = checkpoint.save(FeedForward.from_config(config).eval(), tmp_path / "patch")
    assert choose_model(folder, "cpu", "auto", None)[0].runtime == "torch"


def test_versions_are_those_that_count(model):
    versions = choose_model(model, "cpu", "torch", None)[0].versions()
    assert set(versions) == {"stylemix", "torch", "pillow"}
    assert versions["torch"].startswith(torch.__version__.split("+")[0])


@pytest.mark.parametrize("name", ["gatys", "johnson-swirling-night"])
def test_models_that_take_no_painting_or_many_steps(name):
    with pytest.raises(ConfigError, match=f"{name}.* one for any painting, such as film"):
        choose_model(name, "cpu", "torch", None)
    with pytest.raises(UnknownNameError):
        choose_model("flim", "cpu", "torch", None)


def test_each_load_is_a_copy(model):
    choice, _ = choose_model(model, "cpu", "torch", None)
    one, other = choice.load(), choice.load()
    assert one.generator is not other.generator
    assert one.fingerprint == other.fingerprint


def test_one_thread():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        single_threaded()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
