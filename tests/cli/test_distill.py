"""A real distillation of a few steps on a few tiny pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

CONFIG = """
output = "thin.safetensors"
channels = [2, 3, 4, 5]
teacher = "vgg.safetensors"
batch = 2
{extra}
[data]
content = ["pictures"]
style = ["pictures"]
test_content = ["pictures"]
test_style = ["pictures"]
side = 32
crop = 16
[walk]
walkers = 2
batch = 1
model = ""
[schedule]
steps = {steps}
[runtime]
device = "cpu"
"""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    from stylemix.backbones import VGG16

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    save_file({k: v.contiguous() for k, v in VGG16().state_dict().items()}, path)
    return path


@pytest.fixture
def write(tmp_path, draw, teacher):
    for seed in range(3):
        draw(f"pictures/{seed}.png", seed, 40, 40)
    (tmp_path / "vgg.safetensors").symlink_to(teacher)

    def write(steps: int = 2, extra: str = 'start = "random"') -> Path:
        path = tmp_path / "config.toml"
        path.write_text(CONFIG.format(steps=steps, extra=extra))
        return path

    return write


def test_writes_the_network_and_shows_the_figures(invoke, write, tmp_path):
    from stylemix.backbones import feature_net

    result = invoke("distill", write(), "--no-progress")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith(f"wrote {tmp_path / 'thin.safetensors'} (2 steps)\n")
    figures = json.loads((tmp_path / "thin.json").read_text())["figures"]
    assert (
        f"{'relu3_3':<17}{figures['feature_relu3_3']:>15.3f}{figures['gram_relu3_3']:>12.3f}"
        f"{figures['rank_relu3_3']:>12.3f}\n"
    ) in result.stdout
    assert feature_net("thin", tmp_path / "thin.safetensors").channels["relu1_2"] == 3


def test_output_resume_and_restart(invoke, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    other = ["--output", "o.safetensors", "--device", "cpu"]
    assert "(2 steps)" in invoke("distill", write(2), *other).stdout
    assert not (tmp_path / "thin.safetensors").exists()
    assert "(3 steps)" in invoke("distill", write(3), *other).stdout
    assert "(1 steps)" in invoke("distill", write(1), *other, "--restart").stdout


@pytest.mark.parametrize(
    ("extra", "arguments", "said"),
    [
        ("sead = 1", [], "did you mean 'seed'"),
        ("start = 'nothing'", [], "teacher, random"),
        ("", ["--device", "warp"], "warp"),
        ("", ["--output", "e.pt"], ".safetensors"),
    ],
)
def test_wrong_configurations_are_one_error(invoke, write, tmp_path, extra, arguments, said):
    result = invoke("distill", write(extra=extra), *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not (tmp_path / "thin.safetensors").exists()


def test_the_configuration_in_the_help_is_one(invoke, tmp_path):
    from stylemix.training.features import DistillConfig

    text = invoke("distill", "--help").stdout
    (tmp_path / "help.toml").write_text(text.split("relative to it):")[1].split("Every key")[0])
    config = DistillConfig.from_toml(tmp_path / "help.toml")
    assert config.output == str(tmp_path / "thin.safetensors")
    assert config.channels == (24, 48, 96, 192)
    assert config.schedule.minutes == 60
