from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
from dataset_cases import (
    TINY,
    body,
    contents,
    lines,
    make_parquet,
    make_shard,
    make_tree,
    members,
    opened,
)
from helpers import file_size_limit, odd_defaults

from stylemix.dataset import DatasetReport, stylize_dataset
from stylemix.dataset.storage import STATE
from stylemix.errors import ConfigError, DataError

OPTIONS = {**TINY, "strength": (0.4, 1), "per_image": 2, "shard_size": 4}


@pytest.fixture
def damaged(tree):
    """Give the tree with two pictures that can't be read."""
    return make_tree(tree, {"cat/0.png": b"", "dog/e.jpg": body(1, 64, 64, "JPEG")[:-300]})


def run(source, paintings, out, model, **options):
    return stylize_dataset(source, paintings, out, model=model, **{**OPTIONS, **options})


def test_a_data_set_with_failures(damaged, paintings, tmp_path, model):
    seen = []
    out = tmp_path / "out"
    report = run(damaged, paintings, out, model, progress=lambda e: seen.append((e.done, e.total)))
    assert report == DatasetReport(str(out), 10, 2)
    found = contents(out)
    assert set(found) == {
        *(f"{n}-{c}.{e}" for n, e in (("cat/a", "JPEG"), ("cat/b", "jpg"), ("dog/a", "jpg"),
          ("dog/c.v2", "jpg"), ("dog/d", "jpg")) for c in (0, 1)),
        "cat/b-0.txt", "cat/b-1.txt", "styles.jsonl", "failures.jsonl", "stylemix.json",
        ".stylemix.lock",
    }  # fmt: skip
    assert not (out / STATE).exists()
    assert [f["name"] for f in lines(out / "failures.jsonl")] == ["cat/0", "dog/e"]
    records = lines(out / "styles.jsonl")
    assert [r["file"] for r in records] == sorted(n for n in found if n.endswith(("jpg", "JPEG")))
    assert opened(found["cat/a-0.JPEG"]).size == (40, 32)
    assert seen[0] == (0, 14) and seen[-1] == (14, 14)
    torchvision = pytest.importorskip("torchvision")
    assert torchvision.datasets.ImageFolder(out).classes == ["cat", "dog"]
    before = {f: f.stat().st_mtime_ns for f in out.rglob("*")}
    assert run(damaged, paintings, out, model) == report
    assert {f: f.stat().st_mtime_ns for f in out.rglob("*")} == before


@pytest.mark.parametrize("to", ["folder", "shards", "parquet"])
def test_workers_and_interruptions_change_no_byte(damaged, paintings, tmp_path, model, to):
    if to == "parquet":
        pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
    run(damaged, paintings, tmp_path / "whole", model, to=to)
    whole = contents(tmp_path / "whole")

    class Enough(Exception):
        pass

    out = tmp_path / "parts"
    for most in (0, 3, 9):

        def stop(event, most=most):
            if event.done > most:
                raise Enough

        with pytest.raises(Enough):
            run(damaged, paintings, out, model, to=to, progress=stop)
        assert (out / STATE / "stylemix.json").exists()
    run(damaged, paintings, out, model, to=to, workers=2 if to == "shards" else 0)
    assert contents(out) == whole
    if to == "shards":
        shards = [members(out / n) for n in whole if n.endswith("tar")]
        assert len(shards) == 4
        assert sum(len([m for m in s if m.endswith("stylemix.json")]) for s in shards) == 10


def test_openvino_draws_the_same_in_every_process(tree, paintings, tmp_path, model):
    pytest.importorskip("openvino", reason="needs OpenVINO")
    import stylemix

    threads = torch.get_num_threads()
    try:
        # A graph of several threads sums in another order, and is in memory already.
        torch.set_num_threads(4)
        stylemix.load(model, device="cpu").stylize(
            str(tree / "cat/b.png"), str(paintings / "x.png")
        )
        run(tree, paintings, tmp_path / "here", model, runtime="auto")
    finally:
        torch.set_num_threads(threads)
    run(tree, paintings, tmp_path / "there", model, runtime="auto", workers=1)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
    assert {r["runtime"] for r in lines(tmp_path / "here/styles.jsonl")} == {"openvino"}


KILLED = """
import sys, json
from stylemix.dataset import stylize_dataset
if __name__ == "__main__":
    source, paintings, out, options = sys.argv[1:]
    stylize_dataset(source, paintings, out, **json.loads(options))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_kills_at_random_moments_change_no_byte(paintings, tmp_path, model):
    """benchmarks/dataset.py does this with thousands of pictures and twenty kills."""
    chance = random.Random(1)
    files = {f"c{i % 2}/{i:03d}.png": body(i, 16, 16) for i in range(40)}
    files["c0/010.png"] = b"damaged"
    source = make_tree(tmp_path / "in", files)
    options = {**OPTIONS, "shard_size": 4, "model": model}
    stylize_dataset(source, paintings, tmp_path / "whole", **options)
    out = tmp_path / "out"
    units = out / STATE / "units"
    for number in range(3):
        given = {**options, "workers": number % 2}
        places = [str(source), str(paintings), str(out)]
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, *places, json.dumps(given)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        wanted = number * 6 + chance.randrange(3)
        while (len(list(units.iterdir())) if units.is_dir() else -1) < wanted:
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(chance.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    stylize_dataset(source, paintings, out, **options)
    assert contents(out) == contents(tmp_path / "whole")
    assert [f["name"] for f in lines(out / "failures.jsonl")] == ["c0/010"]


def test_defaults_of_the_caller_change_nothing(tree, paintings, tmp_path, model):
    run(tree, paintings, tmp_path / "a", model, workers=0)
    with odd_defaults():
        run(tree, paintings, tmp_path / "b", model, workers=0)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_parquet_to_parquet(paintings, tmp_path, model):
    pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs PyArrow")
    source = make_parquet(tmp_path / "in/data/train-00000-of-00001.parquet", 5).parents[1]
    report = run(source, paintings, tmp_path / "out", model, per_image=1, shard_size=2)
    assert report.results == 5
    names = [f"data/train-{i:05d}-of-00003.parquet" for i in range(3)]
    tables = [pq.read_table(tmp_path / "out" / name) for name in names]
    assert [n for t in tables for n in t.column("caption").to_pylist()] == [
        f"number {i}" for i in range(5)
    ]
    first = tables[0].column("image")[0].as_py()
    assert first["path"] == "000000.jpg" and opened(first["bytes"]).size == (32, 32)


def test_an_address_is_a_place_too(tree, paintings, tmp_path, model):
    pytest.importorskip("fsspec", reason="addresses need fsspec")
    run(tree, paintings, tmp_path / "plain", model)
    run(f"file://{tree}", f"file://{paintings}", f"file://{tmp_path}/far", model)
    plain, far = contents(tmp_path / "plain"), contents(tmp_path / "far")
    # Times as an address tells them are other stamps; all else is equal.
    for found in (plain, far):
        about = json.loads(found.pop("stylemix.json"))
        about["made_of"]["source"].pop("sha256"), about["made_of"]["paintings"].pop("sha256")
        found["about"] = about
        found.pop(".stylemix.lock", None)
    assert far == plain


@pytest.mark.parametrize("finished", [False, True])
def test_something_changed_since(tree, paintings, tmp_path, model, finished):
    out = tmp_path / "out"

    def stop(event):
        if not finished and event.done > 3:
            raise KeyboardInterrupt

    try:
        run(tree, paintings, out, model, progress=stop)
    except KeyboardInterrupt:
        assert not finished
    before = contents(out)
    with pytest.raises(ConfigError, match=r"begun with another seed \(0 then, 3 now\)"):
        run(tree, paintings, out, model, seed=3)
    with pytest.raises(ConfigError, match="another layout"):
        run(tree, paintings, out, model, to="shards")
    make_tree(tree, {"dog/new.png": body(9)})
    with pytest.raises(DataError, match=r"SOURCE has changed since .* put it back as it was"):
        run(tree, paintings, out, model)
    assert contents(out) == before


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_full_disk(tree, paintings, tmp_path, model):
    out = tmp_path / "out"
    run(tree, paintings, tmp_path / "whole", model, to="shards")
    # Enough for encoded paintings and manifest, not for a shard.
    with (
        file_size_limit(8000),
        pytest.raises(DataError, match=r"shard-00000\d.tar can't be written .*the same comm"),
    ):
        run(tree, paintings, out, model, to="shards")
    assert not [f for f in (out / STATE / "part").iterdir()]
    run(tree, paintings, out, model, to="shards")
    assert contents(out) == contents(tmp_path / "whole")


def test_a_damaged_painting_is_found_first(tree, paintings, tmp_path, model):
    painted = make_tree(tmp_path / "p", {"a.png": body(0), "b.png": b"no painting"})
    with pytest.raises(DataError, match=r"the painting b.png can't be used"):
        run(tree, painted, tmp_path / "out", model)
    assert not [n for n in contents(tmp_path / "out") if n.startswith(("cat", "dog"))]


def test_wrong_calls(tree, paintings, tmp_path, model):
    with pytest.raises(ConfigError, match="there are only 3 paintings; give more"):
        run(tree, paintings, tmp_path / "out", model, paintings_per_image=4)
    with pytest.raises(ConfigError, match="workers must be a whole number >= 0"):
        run(tree, paintings, tmp_path / "out", model, workers=-1)
    for out in (tree, tree / "deep", tree.parent):
        with pytest.raises(DataError, match="lie in each other"):
            run(tree, paintings, out, model)
    # Beside a pattern's files there is room.
    shard = make_shard(tmp_path / "0.tar", [("a.png", body(0))])
    for place in (shard, f"{tmp_path}/*.tar"):
        assert run(place, paintings, tmp_path / "from", model).results == 2
    other = make_tree(tmp_path / "out", {"mine.txt": b"1"})
    with pytest.raises(DataError, match="holds other files already"):
        run(tree, paintings, other, model)
    assert set(contents(other)) == {"mine.txt"}
