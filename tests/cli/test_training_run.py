"""What the commands that train share, on real runs of one step."""

from __future__ import annotations

import signal

import click
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from stylemix.cli.training_run import train_to_the_end, training_command
from stylemix.errors import ConfigError
from stylemix.training.encoder import PretrainConfig, Pretrainer

CONFIG = """
output = "encoder.safetensors"
encoder = {name = "thin", dim = 8, hidden = 16}
batch = 4
data = {style = ["paintings"], side = 32, crop = 24, smallest_style = 2}
schedule = {steps = 1}
runtime = {device = "warp"}
"""


@pytest.fixture
def path(tmp_path, draw):
    for seed in range(6):
        draw(f"paintings/{'ab'[seed % 2]}/{seed}.png", seed, 40, 40)
    (tmp_path / "config.toml").write_text(CONFIG)
    return str(tmp_path / "config.toml")


def train(path, output=None, device="cpu", restart=False, make=Pretrainer):
    return train_to_the_end(PretrainConfig, make, path, output, device, True, restart)


def test_options_come_before_what_the_file_says(path, tmp_path):
    run, file = train(path)
    assert file == tmp_path / "encoder.safetensors"
    assert run.config.runtime.device == "cpu"
    with pytest.raises(ConfigError, match="warp"):
        train(path, device=None)
    other, elsewhere = train(path, output=str(tmp_path / "deep" / "o.safetensors"))
    assert elsewhere == tmp_path / "deep" / "o.safetensors"
    mine, same = load_file(elsewhere), load_file(file)  # the header's metadata come in any order
    assert mine.keys() == same.keys()
    assert all(torch.equal(mine[name], same[name]) for name in mine)
    assert other.config.state_file.exists()


def test_without_a_terminal_there_are_no_bars(path):
    assert not train_to_the_end(PretrainConfig, Pretrainer, path, None, "cpu", False, False)[
        0
    ].progress


def test_ctrl_c_says_how_to_go_on_and_restart_does_not_go_on(path, capsys):
    class Interrupted(Pretrainer):
        def _losses(self, step):
            signal.raise_signal(signal.SIGINT)  # arrives when the step is done
            return super()._losses(step)

    with pytest.raises(KeyboardInterrupt):
        train(path, make=Interrupted)
    assert capsys.readouterr().err == (
        "\nThe state is saved; the same command goes on from here.\n"
    )
    steps = []

    class Noted(Pretrainer):
        def run(self):
            steps.append(self.session.step)
            return super().run()

    train(path, make=Noted)
    train(path, make=Noted, restart=True)
    assert steps == [1, 0]


def test_the_command_has_the_options_and_the_functions_name_and_help():
    seen = []

    @training_command("DIR", "Folder of it", "Begin afresh.")
    def sculpt(**options):
        """Carve something."""
        seen.append(options)

    assert isinstance(sculpt, click.Command)
    assert sculpt.name == "sculpt"
    text = CliRunner().invoke(sculpt, ["--help"]).output
    for part in (
        "CONFIG.toml",
        "Carve something.",
        "-o, --output DIR",
        "Begin afresh.",
        "Exit status:",
    ):
        assert part in text
    assert "Folder of it, instead of the one that CONFIG.toml names." in " ".join(text.split())
    CliRunner().invoke(sculpt, ["a.toml", "-o", "x", "--device", "cuda", "--restart"])
    CliRunner().invoke(sculpt, ["a.toml", "--no-progress"])
    assert seen == [
        {
            "config": "a.toml",
            "output": "x",
            "device": "cuda",
            "no_progress": False,
            "restart": True,
        },
        {"config": "a.toml", "output": None, "device": None, "no_progress": True, "restart": False},
    ]
    assert CliRunner().invoke(sculpt, []).exit_code == 2
