from __future__ import annotations

import json
import threading

import pytest
import torch
from helpers import tiny_model
from safetensors.torch import save_file
from torch import nn

from stylemix import checkpoint
from stylemix.checkpoint.bounds import MORE_NUMBERS, MORE_TENSORS, as_large_as
from stylemix.errors import CheckpointError, ConfigError


@pytest.mark.parametrize(
    "part, key, value",
    [
        ("generator", "width", 3000),
        ("generator", "blocks", 100_000),
        ("encoder", "hidden", 4_000_000),
        ("encoder", "dim", 20_000_000),
    ],
)
def test_one_number_of_a_configuration_takes_no_memory(tmp_path, part, key, value):
    folder = checkpoint.save(tiny_model(), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config[part][key] = value
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"far larger than model\.safetensors"):
        checkpoint.load(folder)


def test_networks_of_the_file_s_size_and_somewhat_more_are_built(tmp_path):
    file = tmp_path / "w.safetensors"
    save_file({f"{k}": torch.zeros(1, 100) for k in range(50)}, file)
    with as_large_as(file):
        made = nn.ModuleList(nn.Linear(100, 1, bias=False) for _ in range(50 + MORE_TENSORS))
        with pytest.raises(ConfigError, match="far larger"):
            nn.Linear(2, 2)
    assert len(made) == 50 + MORE_TENSORS
    for path in (tmp_path / "none", file.with_name("damaged")):
        if path.name == "damaged":
            path.write_bytes(b"\xff" * 100)
        with as_large_as(path), torch.device("meta"):
            nn.Linear(MORE_NUMBERS, 1, bias=False)
            with pytest.raises(ConfigError, match="far larger"):
                nn.Linear(1, 1)


def test_other_threads_and_what_comes_later_are_left_alone(tmp_path):
    with as_large_as(tmp_path / "none"), torch.device("meta"):
        made = []
        thread = threading.Thread(
            target=lambda: made.append(nn.Linear(2 * MORE_NUMBERS, 1, device="meta"))
        )
        thread.start()
        thread.join()
        assert len(made) == 1
    nn.Linear(2 * MORE_NUMBERS, 1, device="meta")
    checkpoint.load(checkpoint.save(tiny_model(width=6), tmp_path / "model"))
