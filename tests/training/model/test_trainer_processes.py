"""The trainer in processes of its own: killed, interrupted, and several of them at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
import torch
from training_cases import (
    assert_same,
    config,
    environment,
    photograph,
    table,
    weights,
    write_toml,
)

import stylemix
from stylemix import checkpoint
from stylemix.training import Trainer
from stylemix.training.state import load_state


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Give a configuration of two phases, and its result without interruption."""
    folder = tmp_path_factory.mktemp("plan")
    changes = {
        "schedule": {"steps": 40},
        "phases": [
            {"share": 0.05, "crop": 16, "batch": 4, "style_crop": [16], "identity": 0.25},
            {"share": 0.95, "crop": 24, "batch": 2, "style_crop": [16, 20], "zoom": 1.3},
        ],
    }
    Trainer(config(folder, output="whole", **changes)).run()
    return folder, changes


def start(folder, output, changes):
    """Start a process that saves after every step; return when it has made some."""
    path = write_toml(
        folder / f"{output}.toml",
        table(
            folder,
            output=output,
            **changes,
            runtime={
                "device": "cpu",
                "precision": "float32",
                "tensorboard": False,
                "sample_every": 0,
                "save_every": 0,
            },
        ),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stylemix", "train", str(path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        # A shell's background job ignores Ctrl-C, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    state = folder / output / "training" / "state.safetensors"
    while process.poll() is None:
        if state.exists() and load_state(state)[1]["step"] >= 4:
            return process, state
        time.sleep(0.01)
    raise AssertionError(process.stderr.read())


def finish_and_compare(folder, output, changes):
    trainer = Trainer(config(folder, output=output, **changes))
    assert 4 <= trainer.session.step < 40
    trainer.run()
    assert_same(weights(folder / output), weights(folder / "whole"))
    ours, whole = (
        load_state(folder / o / "training" / "state.safetensors") for o in (output, "whole")
    )
    assert_same(ours[0], whole[0])
    assert {**ours[1], "seconds": 0} == {**whole[1], "seconds": 0}


def test_killed_run_resumes_bit_by_bit(plan):
    folder, changes = plan
    process, _ = start(folder, "killed", changes)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    finish_and_compare(folder, "killed", changes)


def test_ctrl_c_saves_and_the_run_resumes_bit_by_bit(plan):
    folder, changes = plan
    process, state = start(folder, "stopped", changes)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "The state is saved" in errors
    assert "Traceback" not in errors
    step = load_state(state)[1]["step"]
    model = stylemix.load(folder / "stopped", device="cpu")
    assert stylemix.stylize(photograph(1), photograph(2), model=model).size == (40, 32)
    assert checkpoint.read_config(folder / "stopped")["training"]["steps"] == step
    finish_and_compare(folder, "stopped", changes)


def torchrun(folder, **changes):
    path = write_toml(folder / "ddp.toml", table(folder, output="ddp", **changes))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            "-m",
            "stylemix",
            "train",
            str(path),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    return done


def test_two_processes_learn_what_one_does(tmp_path):
    # Two phases, one of which trains a part only, identity pairs and clipping.
    changes = {
        "schedule": {"steps": 4},
        "optimizer": {"lr": 1e-3, "warmup": 0, "ema": 0.5},
        "phases": [
            {"crop": 16, "batch": 8, "style_crop": [16], "identity": 0.25},
            {
                "crop": 16,
                "batch": 4,
                "style_crop": [16],
                "identity": 0.0,
                "per_style": 2,
                "train": "encoder",
            },
        ],
    }
    done = torchrun(tmp_path, **changes)
    assert done.stdout.count("wrote") == 1
    Trainer(config(tmp_path, output="one", **changes)).run()
    (ours, record), (wanted, _) = (
        load_state(tmp_path / o / "training" / "state.safetensors") for o in ("ddp", "one")
    )
    assert (record["step"], record["seen"], record["seen_styles"]) == (4, 24, 20)
    assert checkpoint.read_config(tmp_path / "ddp")["training"]["hardware"] == "2 x cpu"
    assert ours.keys() == wanted.keys()
    moments = [k for k in wanted if k.endswith("exp_avg")]
    assert len(moments) > 10
    compared = total = 0
    for name in moments:
        # The gradients. Only the order of sums differs, so float32 rounding is left: 6e-8 of the
        # gradient's norm, which clipping brings to 1 at most, a few times over.
        assert torch.allclose(ours[name], wanted[name], rtol=0, atol=1e-6), name
        # The weights, wherever the gradient is more than such rounding. Elsewhere (a shift that
        # a normalisation takes out again has none) Adam makes steps of full size out of noise.
        weight = name[len("optimizer.") : -len(".exp_avg")]
        clear = wanted[name.replace("exp_avg", "exp_avg_sq")].sqrt() > 1e-6
        for kind in ("model", "average"):
            a, b = ours[f"{kind}.{weight}"], wanted[f"{kind}.{weight}"]
            assert torch.allclose(a[clear], b[clear], rtol=0, atol=2e-6), weight
        compared += int(clear.sum())
        total += clear.numel()
    assert compared > 0.8 * total
