from __future__ import annotations

import os
import time

from stylemix.demo.cache import Sweeper, sweep


def make(folder, name, size, age):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_old_files_go(tmp_path):
    old, new = make(tmp_path, "a/old", 1, 500), make(tmp_path, "a/new", 1, 5)
    sweep(tmp_path, 1000, 100)
    assert not old.exists()
    assert new.exists()


def test_the_oldest_go_until_the_rest_fits(tmp_path):
    paths = [make(tmp_path, f"{k}/f", 100, age=10 * k) for k in range(1, 6)]
    sweep(tmp_path, 300, 1000)
    assert [p.exists() for p in paths] == [True, True, True, False, False]


def test_empty_folders_go_but_not_fresh_ones(tmp_path):
    stale, fresh, full = tmp_path / "stale" / "deep", tmp_path / "fresh", tmp_path / "full"
    for folder in (stale, fresh, full):
        folder.mkdir(parents=True)
    make(full, "f", 1, 1)
    then = time.time() - 1000
    for folder in (stale, full):
        os.utime(folder, (then, then))
    sweep(tmp_path, 1000, 1000)
    assert not stale.exists()
    assert fresh.exists()
    assert full.exists()


def test_links_are_not_followed_out_of_the_folder(tmp_path):
    outside = make(tmp_path, "outside", 5, 5000)
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "link").symlink_to(outside)
    sweep(inside, 0, 1)
    assert outside.exists()


def test_the_sweeper_keeps_at_it_until_closed(tmp_path):
    sweeper = Sweeper(tmp_path, 10, 1000, every=0.02)
    path = make(tmp_path, "big", 100, 0)
    deadline = time.time() + 30
    while path.exists() and time.time() < deadline:
        time.sleep(0.02)
    assert not path.exists()
    sweeper.close()
    later = make(tmp_path, "later", 100, 0)
    time.sleep(0.2)
    assert later.exists()
