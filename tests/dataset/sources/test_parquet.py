from __future__ import annotations

import re

import pytest
from dataset_cases import body, make_parquet, walked

from stylemix.dataset.sources.parquet import Parquet, group_of
from stylemix.dataset.storage import Local
from stylemix.errors import ConfigError, DataError
from stylemix.plugins.installing import install_line

pa = pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
pq = pytest.importorskip("pyarrow.parquet", reason="Parquet needs PyArrow")


def scanned(folder, most=2):
    source = Parquet(Local(str(folder)))
    return source, source.scan(walked(source.storage), most)


@pytest.mark.parametrize("most", [1, 3, 5, 100])
@pytest.mark.parametrize("groups", [1, 2, 4, 50])
def test_rows_come_back_whatever_the_pieces_and_row_groups(tmp_path, most, groups):
    make_parquet(tmp_path / "data/train-00000-of-00002.parquet", 7, groups=groups)
    make_parquet(tmp_path / "data/test-00000-of-00001.parquet", 2, groups=groups)
    source, scan = scanned(tmp_path, most)
    assert {p.group for p in scan.pieces} == {"data/train", "data/test"}
    assert source.column == "image" and source.label == "species"
    assert scan.classes == ("cat", "dog/wolf")
    source.classes = scan.classes
    read = [s for piece in scan.pieces for s in source.read(piece)]
    train = [s for s in read if s.name.startswith("data/train")]
    assert [s.name for s in train] == [f"data/train-00000-of-00002/{i:06d}" for i in range(7)]
    assert [s.picture for s in train] == [body(i) for i in range(7)]
    assert [s.label for s in train] == ["cat", "dog/wolf"] * 3 + ["cat"]
    assert train[3].row.to_pylist()[0]["caption"] == "number 3"
    assert train[3].row.schema.field("taken").type == pa.timestamp("us")
    assert "image" not in train[3].row.column_names
    assert train[3].ending == ".png"


def test_rows_without_a_picture_are_failures(tmp_path):
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    pictures = pa.array([None, {"bytes": None, "path": "a.jpg"}], kind)
    pq.write_table(pa.table({"img": pictures}), tmp_path / "x.parquet")
    source, scan = scanned(tmp_path)
    found = list(source.read(scan.pieces[0]))
    assert [s.problem for s in found] == ["its row holds no picture"] * 2


def test_plain_bytes_count_where_their_name_says_so(tmp_path):
    pq.write_table(pa.table({"id": [1], "image": [b"P"]}), tmp_path / "x.parquet")
    source, scan = scanned(tmp_path)
    (found,) = source.read(scan.pieces[0])
    assert (found.picture, found.ending, found.label) == (b"P", "", None)


def test_columns_that_do_not_say_what_to_stylise(tmp_path):
    pq.write_table(pa.table({"id": [1]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"has no such column; .*\(id\)"):
        scanned(tmp_path)
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    both = pa.array([{"bytes": b"", "path": ""}], kind)
    pq.write_table(pa.table({"left": both, "right": both}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"several columns of pictures \(left, right\)"):
        scanned(tmp_path)


def test_files_of_different_columns(tmp_path):
    make_parquet(tmp_path / "a.parquet", 1)
    pq.write_table(pa.table({"id": [1]}), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b.parquet has other columns than a.parquet"):
        scanned(tmp_path)


def test_a_file_cut_short(tmp_path):
    path = make_parquet(tmp_path / "a.parquet", 3)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"a.parquet is damaged or cut short .*copy it again"):
        scanned(tmp_path)


def test_a_damaged_row_group(tmp_path):
    path = make_parquet(tmp_path / "a.parquet", 3)
    content = bytearray(path.read_bytes())
    content[10:400] = bytes(390)
    path.write_bytes(content)
    source, scan = scanned(tmp_path)
    with pytest.raises(DataError, match="damaged or cut short"):
        list(source.read(scan.pieces[0]))


@pytest.mark.parametrize(
    "name, expected",
    [
        ("data/train-00000-of-00005.parquet", "data/train"), ("train/0001.parquet", "train"),
        ("0000.parquet", ""), ("cats.parquet", "cats"),
    ],
)  # fmt: skip
def test_groups(name, expected):
    assert group_of(name) == expected


def test_parquet_needs_pyarrow(tmp_path, monkeypatch):
    import sys

    make_parquet(tmp_path / "a.parquet", 1)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=re.escape(install_line("dataset"))):
        scanned(tmp_path)
