from __future__ import annotations

import csv
import io

import pytest
from dataset_cases import body, make_tree, pets, walked

from stylemix.dataset.sources.folder import Folder, group_of, label_of, stem
from stylemix.dataset.storage import Local
from stylemix.errors import DataError


def scanned(folder, most=2):
    source = Folder(Local(str(folder)))
    return source, source.scan(walked(source.storage), most)


def samples(folder, most=2):
    source, scan = scanned(folder, most)
    return {s.name: s for piece in scan.pieces for s in source.read(piece)}


def test_samples_of_a_tree(tree):
    _, scan = scanned(tree)
    assert [p.count for p in scan.pieces] == [2, 2, 1]
    assert scan.names == ["cat/a", "cat/b", "dog/a", "dog/c.v2", "dog/d"]
    assert scan.classes == ("cat", "dog")
    assert scan.folders == ("cat", "dog")
    assert scan.endings == ("txt",)
    assert scan.loose == ()
    found = samples(tree)
    assert list(found) == scan.names
    assert found["cat/b"].picture == pets()["cat/b.png"]
    assert found["cat/b"].files == {"txt": b"a cat"}
    assert [s.ending for s in found.values()] == [".JPEG", ".png", ".jpg", ".png", ".png"]
    assert [s.label for s in found.values()] == ["cat", "cat", "dog", "dog", "dog"]


def test_splits_are_groups(tmp_path):
    folder = make_tree(
        tmp_path, {"train/cat/a.png": b"", "train/b.png": b"", "val/cat/x/y.png": b"", "c.png": b""}
    )
    _, scan = scanned(folder, 9)
    assert [(p.group, p.count) for p in scan.pieces] == [("", 1), ("train", 2), ("val", 1)]
    found = samples(folder)
    assert {n: s.label for n, s in found.items()} == {
        "train/cat/a": "cat", "train/b": None, "val/cat/x/y": "cat", "c": None
    }  # fmt: skip


@pytest.mark.parametrize(
    "path, expected", [("a/b.v2.png", "a/b.v2"), ("b.png", "b"), ("x.y/b.jpg", "x.y/b")]
)
def test_stems(path, expected):
    assert stem(path) == expected


def test_groups_and_labels():
    assert group_of("Train/a/b") == "Train" and group_of("cats/b") == group_of("train") == ""
    assert label_of("train/a/b") == "a" and label_of("train/b") is None


def test_a_table_says_more(tmp_path):
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerows([["file_name", "text"], ["a.png", "one, two"]])
    folder = make_tree(
        tmp_path,
        {
            "cat/a.png": b"", "cat/b.png": b"", "cat/metadata.csv": table.getvalue().encode(),
            "notes.md": b"",
        },
    )  # fmt: skip
    _, scan = scanned(folder)
    assert scan.described and scan.tables == ("cat/metadata.csv",) and scan.loose == ("notes.md",)
    assert samples(folder)["cat/a"].facts == {"text": "one, two"}
    assert samples(folder)["cat/b"].facts == {}


def test_a_table_of_pictures_that_are_not_there(tmp_path):
    folder = make_tree(
        tmp_path, {"a.png": b"", "metadata.jsonl": b'{"file_name": "gone.png", "x": 1}\n'}
    )
    with pytest.raises(DataError, match=r"metadata.jsonl speaks of 'gone.png', which isn't there"):
        scanned(folder)


def test_files_beside_belong_to_the_longest_name(tmp_path):
    folder = make_tree(
        tmp_path,
        {"a.png": b"", "a.seg.json": b"1", "b.png": b"", "b.seg.png": b"", "b.seg.json": b"2"},
    )
    found = samples(folder)
    assert found["a"].files == {"seg.json": b"1"}
    assert found["b"].files == {} and found["b.seg"].files == {"json": b"2"}


def test_two_samples_of_one_name(tmp_path):
    folder = make_tree(tmp_path, {"cat/a.png": b"", "cat/a.jpg": b""})
    with pytest.raises(DataError, match=r"two samples are named 'cat/a': cat/a.jpg and cat/a.png"):
        scanned(folder)


def test_a_class_folder_without_pictures(tree):
    (tree / "emu").mkdir()
    with pytest.raises(DataError, match=r"class folder .*emu has no pictures: put some in it, or"):
        scanned(tree)
    make_tree(tree / "emu", {"list.txt": b""})
    with pytest.raises(DataError, match="emu has no pictures"):
        scanned(tree)
    make_tree(tree / "emu", {"deep/e.png": b""})
    assert scanned(tree)[1].classes == ("cat", "dog", "emu")


def test_hidden_files_are_nothing(tree):
    make_tree(tree, {".git/x.png": b"", "cat/._a.png": b""})
    assert scanned(tree)[1].count == 5


def test_the_fingerprint_tells_changes(tree):
    before = scanned(tree)[1].fingerprint
    assert scanned(tree)[1].fingerprint == before
    assert before["files"] == 6
    (tree / "cat/b.txt").write_bytes(b"a dog")
    assert scanned(tree)[1].fingerprint != before


def test_a_file_that_vanished_is_a_failure(tree):
    source, scan = scanned(tree)
    (tree / "cat/a.JPEG").unlink()
    first = next(source.read(scan.pieces[0]))
    assert first.picture is None
    assert "isn't there" in first.problem


def test_pieces_read_what_is_asked(tree):
    make_tree(tree, {"dog/d.png": body(9)})
    source, scan = scanned(tree)
    (last,) = source.read(scan.pieces[-1])
    assert (last.name, last.picture) == ("dog/d", body(9))
