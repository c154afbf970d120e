from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dataset_cases import body, contents, lines, make_shard, make_tree, members

from stylemix.dataset import stylize_dataset
from stylemix.plugins.installing import install_line

HERE = ("--workers", "0", "--runtime", "torch", "--device", "cpu")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give four pictures of two classes."""
    files = {f"{c}/{i}.png": body(i + ord(c)) for c in "ab" for i in range(2)}
    return make_tree(tmp_path / "in", files)


@pytest.fixture
def paintings(tmp_path: Path) -> Path:
    """Give two paintings."""
    return make_tree(tmp_path / "paintings", {f"{i}.png": body(i + 70) for i in range(2)})


def test_a_data_set(invoke, model, source, paintings, tmp_path):
    out = tmp_path / "out"
    result = invoke("dataset", source, paintings, "-o", out, "-m", model, *HERE)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote 4 pictures to {out}\n"
    assert result.stderr == ""
    stylize_dataset(source, paintings, tmp_path / "same", model=model, workers=0, runtime="torch",
                    device="cpu")  # fmt: skip
    assert contents(out) == contents(tmp_path / "same")


def test_options_reach_the_data_set(invoke, model, source, paintings, tmp_path):
    result = invoke(
        "dataset", source, paintings, "-o", tmp_path / "out", "-m", model, *HERE, "--to", "shards",
        "--seed", "5", "--per-image", "3", "--strength", "0.25..0.5", "--paintings-per-image", "2",
        "--keep-original", "0.5", "--size", "24", "--crop", "16", "--format", "webp",
        "--quality", "50", "--shard-size", "6", "--batch", "2",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    stylize_dataset(
        source, paintings, tmp_path / "same", model=model, workers=0, device="cpu",
        runtime="torch", to="shards", seed=5, per_image=3, strength=(0.25, 0.5),
        paintings_per_image=2, keep_original=0.5, size=24, crop=16, format="webp", quality=50,
        shard_size=6, batch=2,
    )  # fmt: skip
    assert contents(tmp_path / "out") == contents(tmp_path / "same")
    found = members(tmp_path / "out/shard-000000.tar")
    assert len([name for name in found if name.endswith(".webp")]) == 6


def test_failures_have_a_status_of_their_own(invoke, model, source, paintings, tmp_path):
    make_tree(source, {"a/bad.png": b"none"})
    out = tmp_path / "out"
    arguments = ("dataset", source, paintings, "-o", out, "-m", model, *HERE)
    stopped = invoke(*arguments, "--fail-fast")
    assert stopped.exit_code == 2
    assert stopped.stderr.startswith("Error: a/bad: it is no picture that can be read")
    assert stopped.stderr.count("\n") == 1
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert result.stdout == f"wrote 4 pictures to {out}\n"
    assert result.stderr == "1 samples failed: see failures.jsonl there\n"
    assert [f["name"] for f in lines(out / "failures.jsonl")] == ["a/bad"]
    # The status of a finished data set stays.
    assert invoke(*arguments).exit_code == 1


def test_what_has_no_place_is_told(invoke, model, paintings, tmp_path):
    source = make_shard(tmp_path / "in/0.tar", [("a.png", body(0))]).parent
    make_tree(source, {"index.txt": b""})
    result = invoke("dataset", source, paintings, "-o", tmp_path / "out", "-m", model, *HERE)
    assert result.exit_code == 0
    assert result.stderr == "left out, no place in this layout: index.txt\n"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--strength", "weak"], "must be a number, or two such as 0.5..1"),
        (["--strength", "0.5..2"], "strength must be a number from 0 to 1"),
        (["--crop", "300", "--size", "256"], "must not exceed size"),
        (["--model", "gatys"], "training data need one for any painting"),
        (["--workers", "-1"], "is not in the range"),
    ],
)
def test_wrong_arguments(invoke, source, paintings, tmp_path, arguments, message):
    result = invoke("dataset", source, paintings, "-o", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_ray_is_named_where_it_is_missing(invoke, model, source, paintings, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.data", None)
    result = invoke("dataset", source, paintings, "-o", tmp_path / "out", "-m", model, "--ray")
    assert result.exit_code == 2
    assert install_line("ray") in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_and_going_on(environment, model, paintings, tmp_path):
    source = make_tree(tmp_path / "in", {f"{i:03d}.png": body(i % 9, 64, 64) for i in range(40)})
    out = tmp_path / "out"
    command = [
        sys.executable, "-m", "stylemix", "dataset", str(source), str(paintings), "-o", str(out),
        "-m", model, "--workers", "1", "--runtime", "torch", "--device", "cpu", "--shard-size", "2",
    ]  # fmt: skip
    environment = {**environment, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    units = out / ".stylemix/units"
    while not (units.is_dir() and len(list(units.iterdir())) > 2):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "pictures were drawn; the same command goes on." in said
    assert (out / "failures.jsonl").read_bytes() == b""
    # Another number of workers goes on as well.
    command[command.index("--workers") + 1] = "0"
    last = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert last.stdout == f"wrote 40 pictures to {out}\n", last.stderr
