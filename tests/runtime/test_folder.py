from __future__ import annotations

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stylemix.runtime import folder


def test_what_is_written_is_read(cache):
    assert folder.read("a.bin") is None
    folder.write("a.bin", b"graph")
    assert folder.read("a.bin") == b"graph"
    assert [f.name for f in (cache / "graphs").iterdir()] == ["a.bin"]


@pytest.mark.parametrize("damage", [b"", b"rubbish", None], ids=["empty", "rubbish", "cut"])
def test_damaged_files_are_a_line_in_the_log(cache, caplog, damage):
    folder.write("a.bin", b"graph" * 100)
    path = cache / "graphs" / "a.bin"
    path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        assert folder.read("a.bin") is None
    assert "damaged" in caplog.text and str(path) in caplog.text
    folder.write("a.bin", b"new")
    assert folder.read("a.bin") == b"new"


def test_a_file_in_the_folder_s_place_is_a_line_in_the_log(cache, caplog):
    cache.write_text("not a folder")
    with caplog.at_level(logging.WARNING):
        folder.write("a.bin", b"graph")
        assert folder.read("a.bin") is None
    assert "can't be kept" in caplog.text and "STYLEMIX_CACHE_DIR" in caplog.text
    assert cache.read_text() == "not a folder"


def test_writers_at_the_same_time_leave_one_whole_file(cache):
    bodies = [bytes([n]) * 300_000 for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda b: folder.write("a.bin", b), bodies))
    assert folder.read("a.bin") in bodies
    assert len(list((cache / "graphs").iterdir())) == 1


def test_the_graphs_that_were_used_longest_ago_go(cache):
    for number in range(folder.KEPT):
        folder.write(f"{number}.bin", b"graph")
        os.utime(cache / "graphs" / f"{number}.bin", (number, number))
    assert folder.read("0.bin") == b"graph"  # used now
    folder.write("new.bin", b"graph")
    left = {f.name for f in (cache / "graphs").iterdir()}
    assert len(left) == folder.KEPT
    assert "1.bin" not in left and {"0.bin", "2.bin", "new.bin"} <= left


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG folders")
def test_the_place_is_the_platforms(monkeypatch, tmp_path):
    monkeypatch.delenv("STYLEMIX_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folder.cache_folder() == tmp_path / "stylemix" / "graphs"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(folder.cache_folder()) == "/home/somebody/.cache/stylemix/graphs"
