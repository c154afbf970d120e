from __future__ import annotations

import pytest
from dataset_cases import make_parquet, make_shard, make_tree

from stylemix.dataset.sources import open_source
from stylemix.dataset.storage import Local
from stylemix.dataset.targets import make_target
from stylemix.errors import ConfigError, DataError


def made(place, to, tmp_path):
    source, entries = open_source(place, "SOURCE")
    return make_target(to, Local(str(tmp_path / "out")), source, source.scan(entries, 9), 1)


def test_targets_by_name(tree, tmp_path):
    for layout in ("folder", "shards", "parquet"):
        assert made(tree, layout, tmp_path).layout == layout
    assert made(tree, "parquet", tmp_path).endings == ("txt",)
    with pytest.raises(ConfigError, match="to must be one of folder, shards, parquet, got 'shard'"):
        made(tree, "shard", tmp_path)


def test_the_column_of_pictures_keeps_its_name(tmp_path):
    pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
    make_parquet(tmp_path / "in/a.parquet", 1)
    assert made(tmp_path / "in", "parquet", tmp_path).column == "image"


def test_names_that_become_one_in_shards(tmp_path):
    tree = make_tree(tmp_path / "in", {"a.b.png": b"", "a_b.png": b""})
    made(tree, "folder", tmp_path)
    with pytest.raises(DataError, match="two samples are named 'a_b': a.b and a_b"):
        made(tree, "shards", tmp_path)


@pytest.mark.parametrize("to", ["folder", "shards", "parquet"])
def test_what_is_stylised_already_is_refused(tmp_path, to):
    tree = make_tree(tmp_path / "in", {"a.png": b"", "styles.jsonl": b"", "stylemix.json": b""})
    with pytest.raises(
        DataError, match="stylised already, as it holds stylemix.json, styles.jsonl"
    ):
        made(tree, to, tmp_path)
    shards = make_shard(tmp_path / "s/0.tar", [("a.png", b""), ("a.stylemix.json", b"")]).parent
    with pytest.raises(DataError, match="stylised already"):
        made(shards, to, tmp_path)


def test_a_column_twice(tmp_path):
    tree = make_tree(tmp_path / "in", {"cat/a.png": b"", "cat/a.label": b""})
    made(tree, "folder", tmp_path)
    with pytest.raises(DataError, match="the files ending in .label would become a column"):
        made(tree, "parquet", tmp_path)
