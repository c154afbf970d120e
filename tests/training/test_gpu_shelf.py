"""The shelf of GPU jobs, docs/training/gpu.py, rehearsed on the CPU."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from stylemix.stylizers import build
from stylemix.stylizers.presets import MODEL_PRESETS

MIB = 0.2
SCRIPTS = Path(__file__).parents[2] / "docs" / "training"


@pytest.fixture(scope="module")
def gpu():
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield importlib.import_module("gpu")
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.fixture
def packed(gpu, tmp_path):
    """Pack a few pictures in two parts or more."""
    chance = np.random.default_rng(0)
    for kind, count, size in (("c", 12, (80, 300, 3)), ("s", 8, (140, 120, 3))):
        (tmp_path / kind).mkdir()
        for number in range(count):  # noise: WebP doesn't make it small
            noise = Image.fromarray(chance.integers(0, 256, size, dtype=np.uint8))
            noise.save(tmp_path / kind / f"{number}.png")
    args = argparse.Namespace(
        content=tmp_path / "c",
        style=tmp_path / "s",
        data=tmp_path / "data",
        mib=MIB,
        vgg=None,
        thin=True,
    )
    gpu.pack(args)
    return tmp_path / "data"


def test_parts_fit_and_hold_every_picture_once(gpu, packed):
    parts = sorted(packed.iterdir())
    assert len(parts) >= 2
    for part in parts[1:]:
        assert sum(p.stat().st_size for p in part.iterdir()) <= MIB * 2**20
    data = gpu.Data(packed)
    assert data.look() == len(parts)
    found = data.pictures
    assert {kind: len(p) for kind, p in found.items()} == {"content": 12, "style": 8}
    assert {tuple(p.shape) for p in found["content"]} == {(3, 80, 112)}  # cut to 1.4 : 1
    assert {tuple(p.shape) for p in found["style"]} == {(3, 140, 120)}


def test_a_part_counts_when_all_of_it_has_arrived(gpu, packed):
    first, second = sorted(packed.iterdir())[:2]
    content = (second / "style.tar").read_bytes()
    (second / "style.tar").write_bytes(content[:-1])
    for late in sorted(packed.iterdir())[2:]:
        late.rename(packed.parent / late.name)
    data = gpu.Data(packed)
    pictures = data.new()
    before = len(pictures()[0])
    assert pictures() is None
    (second / "style.tar").write_bytes(content)
    assert len(pictures()[0]) > before
    assert pictures() is None
    assert data.read == {first, second}


def shelf(gpu, data, out, jobs, minutes):
    return gpu.Shelf(
        argparse.Namespace(
            data=data,
            out=out,
            minutes=minutes,
            jobs=jobs,
            device="cpu",
            bank=1,
            tell=0.0,
            tiny=True,
        )
    )


def log(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_jobs_are_worked_through_and_one_that_fails_does_not_stop_the_others(
    gpu, packed, tmp_path, monkeypatch
):
    broken = dataclasses.replace(gpu.JOBS["concat"], model="no such preset")
    monkeypatch.setitem(gpu.JOBS, "concat", broken)
    out = tmp_path / "out"
    began = time.time()
    shelf(gpu, packed, out, gpu.shares("concat,film-equal=2"), minutes=0.2).work()
    lines = log(out)
    assert "no such preset" in next(x["problem"] for x in lines if "problem" in x)
    assert lines[-1]["finished"]
    assert any(x.get("job") == "film-equal" and x.get("steps", 0) >= 1 for x in lines)
    assert time.time() - began > 1
    model = build(MODEL_PRESETS["film-equal"])
    model.load_state_dict(
        {k: v.float() for k, v in load_file(out / "film-equal.safetensors").items()}
    )
    assert all(torch.isfinite(v).all() for v in model.state_dict().values())
    assert (out / "film-equal.jpg").exists()
    assert sorted(p.suffix for p in out.iterdir()) == [".jpg", ".jsonl", ".safetensors"]


def test_the_deadline_moves_with_a_file(gpu, packed, tmp_path):
    out = tmp_path / "out"
    made = shelf(gpu, packed, out, [], minutes=60)
    assert made.end == pytest.approx(made.start + 3600)
    (out / "until").write_text("12345.5\n")
    assert made.end == 12345.5
    (out / "until").write_text("")  # half written
    assert made.end == pytest.approx(made.start + 3600)


def test_a_job_that_begins_with_a_checkpoint_finds_it_among_the_data(gpu, packed, tmp_path):
    made = shelf(gpu, packed, tmp_path / "out", [], minutes=1)
    assert made.config("film-large", tmp_path / "large").init == str(packed / "film-large")
    assert made.config("film-wide", tmp_path / "film").init == ""
    presets = {job.model or name for name, job in gpu.JOBS.items()}
    assert presets <= MODEL_PRESETS.keys()


def test_shares_are_read_and_unknown_jobs_refused(gpu):
    assert gpu.shares("film-wide=5,patch") == [("film-wide", 5.0), ("patch", 1.0)]
    with pytest.raises(argparse.ArgumentTypeError, match="no job is named 'flim'"):
        gpu.shares("flim=2")
