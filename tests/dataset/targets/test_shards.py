from __future__ import annotations

import json
import tarfile

import pytest
from dataset_cases import members
from hypothesis import given
from hypothesis import strategies as st

from stylemix.dataset.sample import Output, Piece, Sample, Unit
from stylemix.dataset.sources.shards import split
from stylemix.dataset.storage import Local
from stylemix.dataset.targets.shards import ShardTarget, member_name


def output(name, copy=0, **more):
    return Output(Sample(name, None, **more), copy, name.encode(), ".JPEG", {"source": name})


def written(tmp_path, outputs, *, copies=1, classes=(), group="train", number=3):
    target = ShardTarget(Local(str(tmp_path)), copies, classes)
    unit = Unit(9, number, 12, Piece(group, len(outputs), None))
    (name,) = target.write(unit, outputs)
    return name, tmp_path / name


def test_members_of_a_sample_lie_together(tmp_path):
    outputs = [
        output("cat/a.v2", files={"txt": b"T"}, label="cat", facts={"n": 1}),
        output("b", label=None),
    ]
    name, path = written(tmp_path, outputs, classes=("ant", "cat"))
    assert name == "train-000003.tar"
    found = members(path)
    assert list(found) == [
        "cat/a_v2.JPEG", "cat/a_v2.txt", "cat/a_v2.cls", "cat/a_v2.cls.txt", "cat/a_v2.json",
        "cat/a_v2.stylemix.json", "b.JPEG", "b.stylemix.json",
    ]  # fmt: skip
    assert found["cat/a_v2.JPEG"] == b"cat/a.v2"
    assert found["cat/a_v2.cls"] == b"1" and found["cat/a_v2.cls.txt"] == b"cat"
    assert json.loads(found["cat/a_v2.json"]) == {"n": 1}
    assert json.loads(found["b.stylemix.json"]) == {"source": "b"}


def test_files_of_the_source_go_before_ours(tmp_path):
    sample = {"files": {"cls": b"7", "json": b"{}"}, "label": "cat", "facts": {"n": 1}}
    found = members(written(tmp_path, [output("a", **sample)], classes=("cat",))[1])
    assert found["a.cls"] == b"7" and found["a.json"] == b"{}"
    assert "a.cls.txt" not in found


def test_copies_and_names(tmp_path):
    name, path = written(tmp_path, [output("x.y", c) for c in (0, 1)], copies=2, group="data/val")
    assert name == "val-000003.tar"
    assert [m for m in members(path) if m.endswith("JPEG")] == ["x_y-0.JPEG", "x_y-1.JPEG"]
    assert written(tmp_path, [], group="")[0] == "shard-000003.tar"


def test_bytes_say_nothing_of_time_and_user(tmp_path):
    one, other = (written(tmp_path / d, [output("a")])[1].read_bytes() for d in "ab")
    assert one == other
    with tarfile.open(tmp_path / "a/train-000003.tar") as archive:
        first = archive.next()
    assert (first.mtime, first.uid, first.uname) == (0, 0, "")


@given(st.from_regex(r"[a-z.]{1,5}(/[a-z.]{0,5}[a-z]){0,2}", fullmatch=True))
def test_member_names_are_read_back_as_one_sample(name):
    made = member_name(name)
    assert split(f"{made}.jpg") == (made.removeprefix("./"), "jpg")


@pytest.mark.parametrize("name, expected", [("v1.0/a.b.c", "v1.0/a_b_c"), ("a", "a")])
def test_member_names(name, expected):
    assert member_name(name) == expected
