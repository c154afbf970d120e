from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from training_cases import environment

from stylemix.errors import CheckpointError
from stylemix.training.state import (
    load_state,
    optimizer_tensors,
    replace_file,
    restore_optimizer,
    save_state,
)

# A child saves without end; its parent kills it at random moments and looks at what is left.
KILLER = """
import os, random, signal, sys, time
from pathlib import Path
import torch
from stylemix.training.state import load_state, save_state
path = Path(sys.argv[1])
random.seed(1)
save_state(path, {"x": torch.zeros(150_000)}, {"number": 0})
cut = new = 0
for attempt in range(16):
    before = load_state(path)[1]["number"]
    child = os.fork()
    if child == 0:
        number = before
        while True:
            number += 1
            save_state(path, {"x": torch.full((150_000,), float(number))}, {"number": number})
    time.sleep(random.uniform(0.002, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    left = list(path.parent.glob(".*.part"))
    cut += bool(left)
    for part in left:
        part.unlink()
    tensors, record = load_state(path)
    new += record["number"] > before
    assert record["number"] >= before
    assert bool((tensors["x"] == record["number"]).all()), "torn"
print(cut, new)
"""


def test_kill_at_any_moment_leaves_a_whole_state(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path / "state.safetensors")],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    cut, new = map(int, done.stdout.split())
    assert cut > 0  # some kills did hit a half-written file
    assert new > 0  # and some came after new states


def test_round_trip(tmp_path):
    tensors = {
        "a": torch.randn(3, 4),
        "scalar": torch.tensor(7.0),
        "whole": torch.tensor([1, 2]),
        "turned": torch.randn(4, 5).t(),
        "image": torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last),
    }
    record = {"step": 3, "seconds": 0.1 + 0.2, "config": {"name": "ü", "list": [1, None]}}
    save_state(tmp_path / "deep" / "state.safetensors", tensors, record)
    found, again = load_state(tmp_path / "deep" / "state.safetensors")
    assert again == record
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["state.safetensors"]


def test_damaged_state(tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, {"a": torch.randn(100)}, {"step": 3})
    whole = path.read_bytes()
    for damaged in (whole[:-7], whole[:20], b"", b"\xff" * 200):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"state\.safetensors is damaged.*delete it"):
            load_state(path)


def test_file_of_something_else(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(CheckpointError, match="damaged"):
        load_state(tmp_path / "x.safetensors")


def test_state_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "state.safetensors"
    save_state(path, {"a": torch.ones(1)}, {"step": 1})
    with pytest.raises(CheckpointError, match="can't be written"):
        # A name that no file system takes, in the folder of the state.
        save_state(tmp_path / ("x" * 300), {"a": torch.zeros(1)}, {"step": 2})
    assert load_state(path)[1] == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_cannot_be_made_is_an_error_of_ours_in_the_callers_words(tmp_path):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "x{problem}.safetensors"
    with pytest.raises(CheckpointError, match="can't be written to .*make room"):
        save_state(path, {"a": torch.ones(1)}, {})
    with pytest.raises(CheckpointError) as caught:
        replace_file(path, {"a": torch.ones(1)}, {}, "the {thing}", "wait")
    want = f"the {{thing}} can't be written to {path} ({caught.value.__cause__}); wait"
    assert str(caught.value) == want
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def step(layers, optimizer, seed):
    torch.manual_seed(seed)
    optimizer.zero_grad(set_to_none=True)
    layers(torch.randn(5, 4)).square().mean().backward()
    optimizer.step()


def make():
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 1))
    optimizer = torch.optim.Adam(layers.parameters(), lr=0.1)
    return layers, optimizer, {p: n for n, p in layers.named_parameters()}


def test_optimizer_round_trip_is_exact(tmp_path):
    layers, optimizer, names = make()
    for seed in range(3):
        step(layers, optimizer, seed)
    save_state(tmp_path / "s", optimizer_tensors(optimizer, names), {})
    weights = {k: v.clone() for k, v in layers.state_dict().items()}

    others, second, second_names = make()
    others.load_state_dict(weights)
    restore_optimizer(second, second_names, load_state(tmp_path / "s")[0])
    for seed in range(3, 6):
        step(layers, optimizer, seed)
        step(others, second, seed)
    for a, b in zip(layers.parameters(), others.parameters(), strict=True):
        assert torch.equal(a, b)
    assert all(
        torch.equal(v, optimizer_tensors(second, second_names)[k])
        for k, v in optimizer_tensors(optimizer, names).items()
    )


def test_parameters_without_moments_stay_without(tmp_path):
    layers, optimizer, names = make()
    layers[0].requires_grad_(False)
    step(layers, optimizer, 0)
    tensors = optimizer_tensors(optimizer, names)
    assert {k.split(".")[1] for k in tensors} == {"1"}
    _others, second, second_names = make()
    restore_optimizer(second, second_names, tensors)
    assert set(map(second_names.get, second.state)) == {"1.weight", "1.bias"}
