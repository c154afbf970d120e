from __future__ import annotations

import os
import pickle
import re
import stat

import pytest
from dataset_cases import contents, make_tree, walked

from stylemix.dataset.storage import STATE, Local, Remote, storage
from stylemix.errors import ConfigError, DataError
from stylemix.plugins.installing import install_line


@pytest.fixture(params=["local", "file", "memory"])
def place(request, tmp_path):
    """Give a storage of each kind."""
    if request.param == "local":
        yield storage(tmp_path / "top")
        return
    fsspec = pytest.importorskip("fsspec", reason="addresses need fsspec")
    if request.param == "file":
        yield storage(f"file://{tmp_path}/top")
        return
    yield storage("memory://top/set")
    fsspec.filesystem("memory").store.clear()


def test_the_kind_follows_from_the_name(tmp_path):
    assert type(storage(tmp_path)) is Local
    assert type(storage("s3://bucket/set")) is Remote


def test_files_come_back(place):
    place.write("b/two.txt", b"two")
    place.write("one", (part for part in (b"on", b"e")))
    place.write("b/.hidden", b"")
    place.write("b/a/deep.bin", bytes(3000))
    assert [(e.name, e.size) for e in walked(place)] == [
        ("b/a/deep.bin", 3000), ("b/two.txt", 3), ("one", 3)
    ] or [(e.name, e.size) for e in walked(place)] == [
        ("one", 3), ("b/two.txt", 3), ("b/a/deep.bin", 3000)
    ]  # fmt: skip
    assert place.read("one") == b"one"
    with place.open("b/two.txt") as file:
        file.seek(1)
        assert file.read() == b"wo"
    assert place.names("b") == [".hidden", "two.txt"]
    assert place.names("nothing") == []
    assert sorted(place.folders()) == ["b", "b/a"]
    place.write("one", b"another")
    assert place.read("one") == b"another"
    place.settle(["one", "b/two.txt"])
    place.remove("b")
    place.remove("b")
    assert [e.name for e in walked(place)] == ["one"]


def test_a_file_is_whole_or_not_there(place):
    place.write("file", b"old")

    def broken():
        yield b"half of "
        raise RuntimeError("killed")

    with pytest.raises(DataError, match=r"file can't be reached \(RuntimeError: killed\)"):
        place.write("file", broken())
    assert place.read("file") == b"old"
    assert [e.name for e in walked(place)] == ["file"]


def test_a_file_that_is_not_there(place):
    with pytest.raises(DataError, match="nowhere.txt isn't there; check the path"):
        place.read("nowhere.txt")


def test_another_process_gets_the_same_files(place):
    place.write("x", b"1")
    assert pickle.loads(pickle.dumps(place)).read("x") == b"1"


def test_a_stamp_tells_that_a_file_was_written_again(tmp_path):
    place = storage(tmp_path)
    place.write("x", b"1")
    before = walked(place)
    os.utime(tmp_path / "x", (1, 1))
    assert walked(place) != before


def test_links_are_followed_and_nothing_is_left_beside_a_file(tmp_path):
    make_tree(tmp_path / "elsewhere", {"a.txt": b"a"})
    place = storage(tmp_path / "top")
    place.make_folder("in")
    (tmp_path / "top/in/link").symlink_to(tmp_path / "elsewhere")
    assert [e.name for e in walked(place)] == ["in/link/a.txt"]
    place.write("in/b.txt", b"b")
    assert set(contents(tmp_path / "top")) == {"in/b.txt"}
    assert list((tmp_path / "top" / STATE / "part").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    make_tree(tmp_path, {"a.txt": b"a"})
    (tmp_path / "a.txt").chmod(stat.S_IWUSR)
    with pytest.raises(DataError, match="check the path and your rights"):
        storage(tmp_path).read("a.txt")


def test_a_folder_in_the_way(tmp_path):
    make_tree(tmp_path, {"a/b.txt": b""})
    with pytest.raises(DataError, match="a can't be read or written"):
        storage(tmp_path).write("a", b"")


def test_an_unknown_address():
    pytest.importorskip("fsspec", reason="addresses need fsspec")
    with pytest.raises(DataError, match=r"nosuch://x can't be reached .*check the address"):
        walked(storage("nosuch://x"))


def test_an_address_needs_fsspec(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ConfigError, match=re.escape(install_line("dataset"))):
        walked(storage("s3://bucket"))
