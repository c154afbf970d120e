from __future__ import annotations

import pytest
from dataset_cases import make_shard, make_tree

from stylemix.dataset.sources import open_source
from stylemix.errors import DataError


def found(place):
    source, entries = open_source(place, "SOURCE")
    return source.layout, [e.name for e in entries]


def test_the_layout_follows_from_the_files(tmp_path):
    tree = make_tree(tmp_path / "t", {"a/x.jpg": b"", "notes.txt": b""})
    make_shard(tmp_path / "s/train-0.tar", [("a.jpg", b"")])
    make_tree(tmp_path / "p", {"data/x.parquet": b""})
    assert found(tree) == ("folder", ["notes.txt", "a/x.jpg"])
    assert found(tmp_path / "s") == ("shards", ["train-0.tar"])
    assert found(tmp_path / "p") == ("parquet", ["data/x.parquet"])


def test_single_files_and_patterns(tmp_path, monkeypatch):
    for name in ("train-0", "train-1", "val-0", "odd[1]"):
        make_shard(tmp_path / f"s/{name}.tar", [("a.jpg", b"")])
    make_tree(tmp_path / "s", {"one.png": b"", "two.png": b""})
    assert found(tmp_path / "s/train-1.tar") == ("shards", ["train-1.tar"])
    assert found(tmp_path / "s/odd[1].tar") == ("shards", ["odd[1].tar"])
    assert found(f"{tmp_path}/s/train-*.tar") == ("shards", ["train-0.tar", "train-1.tar"])
    assert found(tmp_path / "s/one.png") == ("folder", ["one.png"])
    monkeypatch.chdir(tmp_path)
    assert found("*/val-*.tar") == ("shards", ["s/val-0.tar"])
    assert found("s/two.png") == ("folder", ["two.png"])


def test_stars_stay_in_a_folder(tmp_path):
    for name in ("0.tar", "deep/1.tar"):
        make_shard(tmp_path / name, [("a.jpg", b"")])
    assert found(f"{tmp_path}/*.tar") == ("shards", ["0.tar"])
    assert found(f"{tmp_path}/**.tar") == ("shards", ["0.tar", "deep/1.tar"])


def test_several_layouts(tmp_path):
    make_shard(tmp_path / "train-0.tar", [("a.jpg", b"")])
    make_tree(tmp_path, {"one.png": b""})
    with pytest.raises(DataError, match=r"several layouts \(folder and shards\)"):
        found(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"there is no .*nowhere; check the path"):
        found(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is empty, or isn't there"):
        found(tmp_path)
    make_tree(tmp_path, {"a.txt": b""})
    with pytest.raises(DataError, match="SOURCE: .* holds no pictures, tar shards or Parquet"):
        found(tmp_path)
    make_tree(tmp_path, {"a.tar.gz": b""})
    with pytest.raises(DataError, match="is compressed; unpack it"):
        found(tmp_path / "a.tar.gz")


def test_an_address(tmp_path):
    pytest.importorskip("fsspec", reason="addresses need fsspec")
    make_tree(tmp_path, {"set/cat/a.jpg": b"", "set/b.jpg": b""})
    assert sorted(found(f"file://{tmp_path}/set")[1]) == ["b.jpg", "cat/a.jpg"]
    assert found(f"file://{tmp_path}/set/b*.jpg") == ("folder", ["b.jpg"])
