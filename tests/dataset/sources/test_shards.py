from __future__ import annotations

import tarfile

import pytest
from dataset_cases import body, make_shard, walked
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.dataset.sources.shards import Shards, group_of, split
from stylemix.dataset.storage import Local
from stylemix.errors import DataError


def scanned(folder, most=2):
    source = Shards(Local(str(folder)))
    return source, source.scan(walked(source.storage), most)


def samples(folder, most=2):
    source, scan = scanned(folder, most)
    return [s for piece in scan.pieces for s in source.read(piece)]


def test_samples_and_the_files_beside_them(tmp_path):
    make_shard(
        tmp_path / "train-0001.tar",
        [
            ("x/a.jpg", b"A"), ("x/a.cls", b"3"), ("x/a.seg.png", b"S"), ("x/b.png", b"B"),
            ("./c.JSON", b"{}"), ("./c.webp", b"C"), ("d.png", b"mask"), ("d.jpeg", b"D"),
        ],
    )  # fmt: skip
    make_shard(tmp_path / "val-0.tar", [("e.png", b"E")])
    _, scan = scanned(tmp_path)
    assert [(p.group, p.count) for p in scan.pieces] == [("train", 2), ("train", 2), ("val", 1)]
    assert scan.names == ["x/a", "x/b", "c", "d", "e"]
    assert scan.endings == ("cls", "json", "seg.png")
    found = samples(tmp_path)
    assert [s.name for s in found] == scan.names
    assert [s.picture for s in found] == [b"A", b"B", b"C", b"D", b"E"]
    assert [s.ending for s in found] == [".jpg", ".png", ".webp", ".jpeg", ".png"]
    assert found[0].files == {"cls": b"3", "seg.png": b"S"}
    assert found[0].label == "3" and found[1].label is None
    # The first of two pictures by the order of formats, the other stays beside it.
    assert found[3].files == {"png": b"mask"}


@given(
    st.lists(st.lists(st.sampled_from(["jpg", "txt", "seg.txt", "cls"]), min_size=1, unique=True),
             min_size=1, max_size=12),
    st.integers(1, 5), st.integers(0, 2000),
)  # fmt: skip
@settings(max_examples=25)
def test_every_stretch_reads_its_own_samples(tmp_path_factory, endings, most, size):
    folder = tmp_path_factory.mktemp("shards")
    # Names beyond 100 letters take a header more.
    names = [f"d{'long' * (i % 3) * 20}/{i}" for i in range(len(endings))]
    made = [
        (f"{name}.{ending}", bytes([i]) * size)
        for i, (name, own) in enumerate(zip(names, endings, strict=True))
        for ending in own
    ]
    make_shard(folder / "0.tar", made)
    source, scan = scanned(folder, most)
    assert [p.count for p in scan.pieces] == [
        min(most, len(names) - i) for i in range(0, len(names), most)
    ]
    read = []
    for piece in reversed(scan.pieces):
        read = list(source.read(piece)) + read
    assert [s.name for s in read] == names
    found = {
        f"{s.name}.{e}": content
        for s in read
        for e, content in {
            **s.files,
            **({"jpg": s.picture} if s.picture is not None else {}),
        }.items()
    }
    assert found == dict(made)


def test_samples_without_a_picture_are_failures(tmp_path):
    make_shard(tmp_path / "0.tar", [("a.txt", b""), ("a.cls", b"1")])
    (found,) = samples(tmp_path)
    assert found.picture is None
    assert found.problem == "it holds no picture (but txt, cls)"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("train-000123.tar", "train"), ("imagenet/val-00001-of-00010.tar", "imagenet/val"),
        ("000123.tar", ""), ("shard-0.tar", ""), ("a/part_7.tar", "a"), ("cats.tar", "cats"),
    ],
)  # fmt: skip
def test_groups(name, expected):
    assert group_of(name) == expected


def test_names_end_at_the_first_dot_of_their_last_part():
    assert split("./v1.0/a.b.JPG") == ("v1.0/a", "b.jpg")


def test_two_samples_of_one_name(tmp_path):
    make_shard(tmp_path / "0.tar", [("a.png", b""), ("b.png", b"")])
    make_shard(tmp_path / "1.tar", [("b.png", b"")])
    with pytest.raises(DataError, match=r"two samples are named 'b': 0.tar .* and 1.tar"):
        scanned(tmp_path)
    make_shard(tmp_path / "1.tar", [("c.png", b""), ("d.png", b""), ("c.txt", b"")])
    with pytest.raises(DataError, match="'c': 1.tar .the files of one sample must lie together"):
        scanned(tmp_path)


@pytest.mark.parametrize("where", ["body", "header", "end"])
def test_a_shard_cut_short(tmp_path, where):
    path = make_shard(tmp_path / "0.tar", [("a.png", body(0)), ("b.png", body(1))])
    whole = path.read_bytes()
    with tarfile.open(path) as archive:
        second = archive.getmembers()[1]
    stop = {
        "body": second.offset_data + 10,
        "header": second.offset + 100,
        "end": second.offset,  # between two members
    }[where]
    path.write_bytes(whole[:stop])
    with pytest.raises(DataError, match=r"shard .*0.tar is damaged or cut short .*copy it again"):
        scanned(tmp_path)


def test_a_shard_cut_short_after_it_was_scanned(tmp_path):
    path = make_shard(tmp_path / "0.tar", [("a.png", body(0)), ("b.png", body(1))])
    source, scan = scanned(tmp_path)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataError, match="damaged or cut short"):
        list(source.read(scan.pieces[0]))


def test_files_that_are_no_shards(tmp_path):
    (tmp_path / "0.tar").write_bytes(b"no archive" * 100)
    with pytest.raises(DataError, match="damaged or cut short"):
        scanned(tmp_path)
    make_shard(tmp_path / "0.tar", [])
    with pytest.raises(DataError, match="holds no files; remove it"):
        scanned(tmp_path)


@pytest.mark.parametrize("name", ["../a.png", "/etc/a.png", "x/../../a.png"])
def test_paths_out_of_the_folder_are_refused(tmp_path, name):
    make_shard(tmp_path / "0.tar", [(name, b"")])
    with pytest.raises(DataError, match="a path out of the folder"):
        scanned(tmp_path)
