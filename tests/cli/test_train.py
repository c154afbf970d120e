"""Real trainings of a few steps on a few tiny pictures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stylemix import checkpoint

CONFIG = """
output = "model"
model = {{stylizer = "feed_forward", generator = {{name = "johnson", width = 4, blocks = 1}},
         encoder = {{name = "thin", dim = 8, hidden = 16}}, injections = [{{name = "film"}}],
         style_size = 32}}
phases = [{{crop = 32, batch = 2, style_crop = [32]}}]
[data]
content = ["photos"]
style = ["paintings"]
content_side = 40
style_side = 40
[losses]
features = "thin"
[schedule]
steps = {steps}
[runtime]
device = "cpu"
tensorboard = false
sample_every = 0
save_every = {save_every}
"""
NO_BRACES = str.maketrans("\n", " ")


@pytest.fixture
def write(tmp_path, draw):
    for seed in range(3):
        draw(f"photos/{seed}.png", seed, 48, 48)
        draw(f"paintings/{seed}.png", 10 + seed, 48, 48)

    def write(steps: int = 2, save_every: float = 60, extra: str = "") -> Path:
        text = CONFIG.format(steps=steps, save_every=save_every)
        # An inline table of TOML 1.0 is one line.
        head, rest = text.split("phases =", 1)
        first, table = head.split("model =", 1)
        text = f"{first}model ={table.translate(NO_BRACES)}\nphases ={rest}"
        path = tmp_path / "config.toml"
        path.write_text(extra + text)
        return path

    return write


def steps_of(folder: Path) -> int:
    return checkpoint.read_config(folder)["training"]["steps"]


def test_it_trains_beside_the_configuration_and_the_result_loads(invoke, write, tmp_path):
    result = invoke("train", write(), "--no-progress")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote {tmp_path / 'model'} (2 steps)\n"
    assert steps_of(tmp_path / "model") == 2
    assert checkpoint.load(tmp_path / "model").config["generator"]["width"] == 4


def test_output_device_resume_and_restart(invoke, write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("train", write(2), "--output", "other", "--device", "cpu").exit_code == 0
    assert not (tmp_path / "model").exists()
    assert steps_of(tmp_path / "other") == 2
    done = invoke("train", write(3), "--output", "other")  # one step more
    assert done.stdout == "wrote other (3 steps)\n"
    done = invoke("train", write(3), "--output", "other")  # nothing is left to do
    assert done.stdout == "wrote other (3 steps)\n"
    done = invoke("train", write(1), "--output", "other", "--restart")
    assert done.stdout == "wrote other (1 steps)\n"
    assert steps_of(tmp_path / "other") == 1


@pytest.mark.parametrize(
    "extra, arguments, said",
    [
        ("sead = 1\n", [], "did you mean 'seed'"),
        ("seed = \n", [], "TOML"),
        ("seed = 'x'\n", [], "seed must be a whole number"),
        ("", ["--device", "warp"], "warp"),
        ("init = 'nowhere'\n", [], "nowhere"),
    ],
)
def test_wrong_configurations_are_one_error(invoke, write, tmp_path, extra, arguments, said):
    result = invoke("train", write(extra=extra), *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not (tmp_path / "model" / "config.json").exists()


def test_missing_files_are_errors(invoke, write, tmp_path):
    result = invoke("train", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "none.toml" in result.stderr
    config = write()
    for picture in (tmp_path / "photos").iterdir():
        picture.unlink()
    result = invoke("train", config)
    assert result.exit_code == 2
    assert "photos" in result.stderr


def test_the_configuration_in_the_help_is_one(invoke, draw, tmp_path):
    from stylemix.training import TrainConfig

    text = invoke("train", "--help").stdout
    example = text.split("relative to it):")[1].split("Every key")[0]
    (tmp_path / "help.toml").write_text(example)
    config = TrainConfig.from_toml(tmp_path / "help.toml")
    assert config.output == str(tmp_path / "my-model")
    assert config.schedule.minutes == 60
    assert config.data.style == (str(tmp_path / "paintings"),)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_ctrl_c_and_kill_save_and_end_with_130(environment, write, tmp_path, number):
    config = write(steps=1_000_000, save_every=0)
    process = subprocess.Popen(
        [sys.executable, "-m", "stylemix", "train", str(config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        # The first checkpoint is written after a step.
        while process.poll() is None and not (tmp_path / "model" / "config.json").exists():
            time.sleep(0.05)
        process.send_signal(getattr(signal, number))
        said = process.communicate(timeout=900)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "goes on from here" in said[1]
    assert said[1].endswith("Interrupted.\n")
    assert "Traceback" not in said[1]
    assert steps_of(tmp_path / "model") >= 1
    assert json.loads((tmp_path / "model" / "config.json").read_text())["format"] == 1
