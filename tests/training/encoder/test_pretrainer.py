"""Real trainings of a few steps on drawn strokes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
import torch
from helpers import odd_defaults
from pretraining_cases import config, environment, table, write_toml
from safetensors.torch import load_file

from stylemix.errors import ConfigError
from stylemix.training.encoder import Pretrainer
from stylemix.training.state import load_state


def report(folder, name="encoder"):
    return json.loads((folder / f"{name}.json").read_text())


def assert_same(a, b):
    assert a.keys() == b.keys()
    assert not [k for k in a if not torch.equal(a[k], b[k])]


@pytest.mark.parametrize(
    "losses",
    [
        {"cross_entropy": 1.0, "contrastive": 0.0},
        {"cross_entropy": 1.0, "contrastive": 0.5, "positives": "style"},
    ],
)
def test_held_out_strokes_are_told_apart(tmp_path, losses):
    done = config(
        tmp_path,
        losses=losses,
        schedule={"steps": 60},
        batch=12,
        optimizer={"lr": 1e-2, "warmup": 10, "ema": 0.9},
    )
    Pretrainer(done).run()
    found = report(tmp_path)
    assert found["paintings"] == {"trained_on": 42, "held_out": 18}
    assert found["styles"] == ["across", "dots", "upright"]
    assert found["before"]["head_top1"] < 0.5  # chance is a third
    assert found["after"]["head_top1"] > 0.8
    assert found["after"]["probe_top1"] > 0.8
    assert found["after"]["probe_top5"] == 1.0


def test_the_contrastive_term_makes_crops_find_their_painting(tmp_path):
    found = {}
    for name, losses in (
        ("pure", {"cross_entropy": 0.0, "contrastive": 1.0}),
        ("plain", {"cross_entropy": 1.0, "contrastive": 0.0}),
    ):
        Pretrainer(
            config(
                tmp_path,
                output=f"{name}.safetensors",
                losses=losses,
                batch=12,
                schedule={"steps": 100},
            )
        ).run()
        found[name] = report(tmp_path, name)
    pure, plain = found["pure"], found["plain"]
    assert pure["before"] == plain["before"]
    # Chance is 1/18. Classification has no use for what tells paintings of one style apart.
    assert pure["after"]["retrieval_top1"] > pure["before"]["retrieval_top1"] + 0.1
    assert pure["after"]["retrieval_top1"] > plain["after"]["retrieval_top1"] + 0.2


def test_no_held_out_painting_is_drawn(tmp_path):
    trainer = Pretrainer(config(tmp_path))
    drawn = {n for n, _ in trainer.batches.paintings(0, 200)}
    assert drawn == set(trainer.train)
    assert not drawn & set(trainer.held)
    assert len(trainer.train) + len(trainer.held) == 60


def test_defaults_of_the_caller_change_nothing(tmp_path):
    Pretrainer(config(tmp_path, schedule={"steps": 2})).run()
    plain = load_file(tmp_path / "encoder.safetensors")
    with odd_defaults():
        Pretrainer(config(tmp_path, schedule={"steps": 2}), restart=True).run()
    assert_same(load_file(tmp_path / "encoder.safetensors"), plain)


def test_without_average_the_weights_themselves_are_saved(tmp_path):
    trainer = Pretrainer(config(tmp_path, optimizer={"ema": 0.0}))
    trainer.run()
    state, _ = load_state(tmp_path / "encoder.state.safetensors")
    assert not [k for k in state if k.startswith("average.")]
    assert_same(
        load_file(tmp_path / "encoder.safetensors"),
        {k[12:]: v for k, v in state.items() if k.startswith("net.encoder.")},
    )
    again = Pretrainer(config(tmp_path, optimizer={"ema": 0.0}, schedule={"steps": 6}))
    assert again.session.step == 4
    again.run()
    assert report(tmp_path)["steps"] == 6


def test_the_curve_ends_where_the_run_does(tmp_path, capsys):
    changes = {"schedule": {"steps": 24}, "batch": 12, "runtime": {"measure_every": 8}}
    slow = {"lr": 1e-3, "ema": 0.5}
    Pretrainer(config(tmp_path, **changes, optimizer=slow), progress=True).run()
    found = report(tmp_path)
    curve = found["curve"]
    assert [point["step"] for point in curve] == [8, 16, 24]
    assert curve[-1]["cross_entropy"] < curve[0]["cross_entropy"] < 1.2  # chance is log 3
    assert curve[-1]["head_top1"] == found["after"]["head_top1"]
    said = capsys.readouterr().err
    assert f"step 24, cross_entropy {curve[-1]['cross_entropy']:.4g}, head_top1" in said


def test_batch_norms_of_inception_keep_their_statistics(tmp_path):
    from stylemix.encoders import InceptionEncoder
    from stylemix.training.encoder.encoder_file import save_encoder

    torch.manual_seed(3)
    start = InceptionEncoder(dim=4)
    save_encoder(start, {"name": "inception", "dim": 4}, tmp_path / "start.safetensors")
    done = config(
        tmp_path,
        encoder={"name": "inception", "dim": 4},
        batch=2,
        encoder_weights="start.safetensors",
        schedule={"steps": 1},
        data={"side": 80, "crop": 76, "zoom": 1.0, "limit": 8, "smallest_style": 2},
        optimizer={"warmup": 0, "ema": 0.0},
    )
    Pretrainer(done).run()
    before, after = (load_file(tmp_path / f"{n}.safetensors") for n in ("start", "encoder"))
    changed = {k for k in before if not torch.equal(before[k], after[k])}
    assert "trunk.Conv2d_1a_3x3.conv.weight" in changed
    assert {"linear.weight", "trunk.Mixed_6e.branch_pool.bn.weight"} <= changed
    assert not [k for k in changed if "running" in k or "num_batches" in k]


def test_killed_run_resumes_bit_by_bit(tmp_path):
    changes = {"schedule": {"steps": 40}}
    often = {"measure_every": 2}
    Pretrainer(config(tmp_path, output="whole.safetensors", **changes, runtime=often)).run()
    path = write_toml(
        tmp_path / "killed.toml",
        table(
            tmp_path, output="killed.safetensors", **changes, runtime={"save_every": 0.0, **often}
        ),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stylemix", "pretrain-encoder", str(path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    state = tmp_path / "killed.state.safetensors"
    while process.poll() is None:
        if state.exists() and load_state(state)[1]["step"] >= 4:
            break
        time.sleep(0.01)
    process.kill()
    _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, said
    trainer = Pretrainer(config(tmp_path, output="killed.safetensors", **changes, runtime=often))
    assert 4 <= trainer.session.step < 40
    trainer.run()
    assert_same(*(load_file(tmp_path / f"{n}.safetensors") for n in ("killed", "whole")))
    ours, whole = (load_state(tmp_path / f"{n}.state.safetensors") for n in ("killed", "whole"))
    assert_same(ours[0], whole[0])
    assert {**ours[1], "seconds": 0} == {**whole[1], "seconds": 0}
    figures = [report(tmp_path, n) for n in ("killed", "whole")]
    assert figures[0]["after"] == figures[1]["after"]
    assert figures[0]["before"] == figures[1]["before"]
    assert figures[0]["curve"] == figures[1]["curve"]


def test_another_configuration_or_collection_does_not_go_on(tmp_path):
    Pretrainer(config(tmp_path)).run()
    with pytest.raises(ConfigError, match=r"another batch, losses\.contrastive;"):
        Pretrainer(config(tmp_path, losses={"contrastive": 0.1}, batch=8))
    (tmp_path / "paintings" / "dots" / "0.png").unlink()
    with pytest.raises(ConfigError, match="60 paintings of 3 styles, now there are 59"):
        Pretrainer(config(tmp_path))
    again = Pretrainer(config(tmp_path), restart=True)
    assert again.session.step == 0
