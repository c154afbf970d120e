from __future__ import annotations

import json

import pytest
from dataset_cases import contents, lines, make_tree, walked

from stylemix.dataset.sample import Output, Piece, Sample, Unit
from stylemix.dataset.sources import Scan
from stylemix.dataset.sources.folder import Folder
from stylemix.dataset.storage import STATE, Local
from stylemix.dataset.targets.folder import RECORDS, FolderTarget, as_json, safe


def output(name, copy=0, **more):
    return Output(Sample(name, None, **more), copy, name.encode(), ".jpg", {"source": name})


def written(tmp_path, outputs, *, copies=1, tree=True, group="", index=0):
    target = FolderTarget(Local(str(tmp_path / "out")), copies, (), tree)
    names = target.write(Unit(index, 0, 1, Piece(group, len(outputs), None)), outputs)
    return target, names


def test_pictures_stay_in_their_folders(tmp_path):
    outputs = [output("cat/a", files={"txt": b"T"}), output("dog/b")]
    target, names = written(tmp_path, outputs)
    assert contents(tmp_path / "out") == {
        "cat/a.jpg": b"cat/a", "cat/a.txt": b"T", "dog/b.jpg": b"dog/b",
        f"{STATE}/records/000000.jsonl": b'{"file": "cat/a.jpg", "source": "cat/a"}\n'
        b'{"file": "dog/b.jpg", "source": "dog/b"}\n',
    }  # fmt: skip
    assert set(names) == set(contents(tmp_path / "out"))
    target.finish(Folder(Local(str(tmp_path))), Scan([], [], {}))
    assert [r["file"] for r in lines(tmp_path / "out" / RECORDS)] == ["cat/a.jpg", "dog/b.jpg"]


def test_copies_are_numbered_with_all_that_is_beside_them(tmp_path):
    outputs = [output("a", copy, files={"x.txt": b""}) for copy in (0, 1)]
    _, names = written(tmp_path, outputs, copies=2)
    assert names[:-1] == ["a-0.jpg", "a-0.x.txt", "a-1.jpg", "a-1.x.txt"]


@pytest.mark.parametrize(
    "group, sample, expected",
    [
        ("train", {"name": "k/1"}, "train/k/1.jpg"),
        ("", {"name": "7", "label": "cat"}, "cat/7.jpg"),
        ("data/val", {"name": "data/val-0/000003", "row": True, "label": "n/a"},
         "val/n_a/val-0-000003.jpg"),
    ],
)  # fmt: skip
def test_shards_and_rows_get_folders(tmp_path, group, sample, expected):
    if sample.get("row"):
        pa = pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
        sample = {**sample, "row": pa.table({"x": [1]})}
    _, names = written(tmp_path, [output(**sample)], tree=False, group=group)
    assert names[0] == expected


def test_rows_become_json_beside_the_picture(tmp_path):
    pa = pytest.importorskip("pyarrow", reason="Parquet needs PyArrow")
    row = pa.table({"caption": ["é"], "raw": [b"\x01"]})
    written(tmp_path, [output("t/000000", row=row)], tree=False)
    assert json.loads((tmp_path / "out/t-000000.json").read_text()) == {"caption": "é", "raw": "01"}


def test_tables_get_a_row_for_each_result(tmp_path):
    table = b"file_name,text\na.png,first\nb.png,second\n"
    source = Folder(Local(str(make_tree(tmp_path / "in", {
        "cat/metadata.csv": table, "cat/a.png": b"", "cat/b.png": b"", "readme.md": b"R",
    }))))  # fmt: skip
    scan = source.scan(walked(source.storage), 9)
    # b failed: it has no result.
    target, _ = written(tmp_path, [output("cat/a", copy) for copy in (0, 1)], copies=2)
    target.finish(source, scan)
    found = contents(tmp_path / "out")
    assert found["cat/metadata.csv"] == b"file_name,text\na-0.jpg,first\na-1.jpg,first\n"
    assert found["readme.md"] == b"R"
    assert target.left_out(scan) == ()


def test_class_folders_are_there_without_pictures(tmp_path):
    target = FolderTarget(Local(str(tmp_path)), 1, (), True)
    target.begin(Scan([], [], {}, folders=("cat", "emu/deep")))
    assert (tmp_path / "cat").is_dir() and (tmp_path / "emu/deep").is_dir()


def test_what_lies_beside_shards_has_no_place(tmp_path):
    target = FolderTarget(Local(str(tmp_path)), 1, (), False)
    assert target.left_out(Scan([], [], {}, loose=("index.json",))) == ("index.json",)


@pytest.mark.parametrize(
    "label, expected", [("cat", "cat"), ("a/b", "a_b"), ("..", "_"), (".x", "_x"), ("", "_")]
)
def test_labels_as_folders(label, expected):
    assert safe(label) == expected


def test_json_of_anything():
    import datetime

    found = json.loads(as_json({"when": datetime.date(2020, 1, 2), "raw": b"\xff"}))
    assert found == {"when": "2020-01-02", "raw": "ff"}
