"""Real pre-trainings of a few steps on a few tiny pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

CONFIG = """
output = "encoder.safetensors"
encoder = {{name = "thin", dim = 8, hidden = 16}}
batch = 4
{extra}
[data]
style = ["paintings"]
side = 32
crop = 24
smallest_style = 2
[schedule]
steps = {steps}
[runtime]
device = "cpu"
"""


@pytest.fixture
def write(tmp_path, draw):
    for seed in range(6):
        draw(f"paintings/{'ab'[seed % 2]}/{seed}.png", seed, 40, 40)

    def write(steps: int = 2, extra: str = "") -> Path:
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.format(steps=steps, extra=extra))
        return path

    return write


def test_writes_the_encoder_and_shows_the_figures(invoke, write, tmp_path):
    from stylemix.training.encoder.encoder_file import open_encoder

    result = invoke("pretrain-encoder", write(), "--no-progress")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith(f"wrote {tmp_path / 'encoder.safetensors'} (2 steps)\n")
    figures = json.loads((tmp_path / "encoder.json").read_text())
    for name, value in figures["after"].items():
        assert f"{name:<22}{figures['before'][name]:>8.3f}{value:>8.3f}\n" in result.stdout
    assert open_encoder(str(tmp_path / "encoder.safetensors")).channels["embedding"] == 8


def test_output_device_resume_and_restart(invoke, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = ["--output", "o.safetensors", "--device", "cpu"]
    assert invoke("pretrain-encoder", write(2), *other).exit_code == 0
    assert not (tmp_path / "encoder.safetensors").exists()
    assert "(3 steps)" in invoke("pretrain-encoder", write(3), *other).stdout
    assert "(1 steps)" in invoke("pretrain-encoder", write(1), *other, "--restart").stdout


@pytest.mark.parametrize(
    "extra, arguments, said",
    [
        ("sead = 1", [], "did you mean 'seed'"),
        ("crops = 1", [], "crops = 2"),
        ("", ["--device", "warp"], "warp"),
        ("", ["--output", "e.pt"], ".safetensors"),
        ('encoder_weights = "nowhere.safetensors"', [], "nowhere"),
    ],
)
def test_wrong_configurations_are_one_error(invoke, write, tmp_path, extra, arguments, said):
    result = invoke("pretrain-encoder", write(extra=extra), *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not (tmp_path / "encoder.safetensors").exists()


def test_an_unknown_encoder_names_those_there_are(invoke, write):
    config = write()
    config.write_text(config.read_text().replace('name = "thin"', 'name = "thick"'))
    result = invoke("pretrain-encoder", config)
    assert result.exit_code == 2
    assert "inception, thin" in result.stderr


def test_the_configuration_in_the_help_is_one(invoke, tmp_path):
    from stylemix.training.encoder import PretrainConfig

    text = invoke("pretrain-encoder", "--help").stdout
    (tmp_path / "help.toml").write_text(text.split("relative to it):")[1].split("Every key")[0])
    config = PretrainConfig.from_toml(tmp_path / "help.toml")
    assert config.output == str(tmp_path / "encoder.safetensors")
    assert config.losses.contrastive == 0.5
    assert config.schedule.steps == 2000
