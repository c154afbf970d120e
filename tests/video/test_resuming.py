from __future__ import annotations

import os
from fractions import Fraction

import numpy as np
import pytest
import torch

from stylemix import Style
from stylemix.errors import ConfigError, VideoError
from stylemix.video.consistency import Former
from stylemix.video.resuming import Piece, Point, Work, describe_job


def point(count: int = 3, pieces: tuple[Piece, ...] = ()) -> Point:
    generator = np.random.default_rng(count)
    former = Former(
        generator.integers(0, 256, (4, 6, 3), dtype=np.uint8),
        generator.random((4, 6, 3), dtype=np.float32),
        generator.random((4, 6, 3), dtype=np.float32),
    )
    return Point(count, 2, former, pieces)


def same(first: Point, second: Point) -> bool:
    arrays = zip(vars(first.former).values(), vars(second.former).values(), strict=True)
    return (first.count, first.scenes, first.pieces) == (
        second.count,
        second.scenes,
        second.pieces,
    ) and all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays)


def test_what_is_saved_comes_back(tmp_path):
    work = Work(tmp_path / "out.mp4.resume")
    assert work.load("job") == Point()
    assert not work.folder.exists()
    work.make()
    (work.folder / "000001.mp4").write_bytes(b"x")
    first, second = point(3), point(5, (Piece("000001.mp4", 0, 400),))
    for one in (first, second):
        work.save(one)
        assert same(Work(work.folder).load("job"), one)
    assert sorted(p.name for p in work.folder.iterdir()) == ["000001.mp4", "state.npz"]
    work.remove()
    assert not work.folder.exists()


def test_work_of_another_job_is_refused_and_stays(tmp_path):
    work = Work(tmp_path / "w")
    work.load("job")
    work.save(point())
    with pytest.raises(ConfigError, match="holds work with another video, painting"):
        Work(work.folder).load("another")
    assert same(Work(work.folder).load("job"), point())


def test_damaged_work_is_refused(tmp_path):
    work = Work(tmp_path / "w")
    work.load("job")
    work.save(point(4, (Piece("000001.mp4", 0, 9),)))
    with pytest.raises(VideoError, match=r"000001\.mp4 is missing .* delete the folder"):
        work.load("job")
    state = work.folder / "state.npz"
    state.write_bytes(state.read_bytes()[:200])
    with pytest.raises(VideoError, match=r"state\.npz' is damaged .* delete the folder"):
        work.load("job")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(VideoError, match="can't be written"):
        Work(tmp_path / "w").make()


def test_a_file_in_the_folders_place_is_explained(tmp_path):
    (tmp_path / "w").write_bytes(b"mine")
    with pytest.raises(VideoError, match="can't be written"):
        Work(tmp_path / "w").make()
    assert (tmp_path / "w").read_bytes() == b"mine"


def settings(**changed):
    painting = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
    return {
        "style": Style({"a": torch.zeros(2)}, "f", painting),
        "times": (Fraction(1, 3), None),
        "table": {"x": 1, "y": [2.0, True]},
        "picture": np.zeros((2, 2)),
        **changed,
    }


def test_the_digest_is_of_what_matters():
    base = describe_job(**settings())
    assert describe_job(**settings()) == base
    # Encoding the same painting may give other last bits.
    same_painting = Style({"a": torch.ones(2)}, "f", settings()["style"].painting)
    assert describe_job(**settings(style=same_painting)) == base
    others = [
        settings(style=Style({"a": torch.zeros(2)}, "f", torch.zeros(3, 2, 2, dtype=torch.uint8))),
        settings(times=(Fraction(1, 2), None)),
        settings(times=(Fraction(1, 3), Fraction(0))),
        settings(table={"x": 1, "y": [2.0, False]}),
        settings(table={"x": 1, "y": [2.0], "z": True}),
        settings(picture=np.zeros((4, 1))),
        settings(picture=np.zeros((2, 2), np.float32)),
        settings(more=1),
    ]
    assert len({describe_job(**other) for other in others} | {base}) == len(others) + 1


def test_files_count_by_what_they_were(tmp_path):
    file = tmp_path / "mask.png"
    file.write_bytes(b"one")
    base = describe_job(mask=file)
    assert describe_job(mask=str(file)) == base
    file.write_bytes(b"other")
    assert describe_job(mask=file) != base
    folder = describe_job(mask=tmp_path)
    (tmp_path / "0002.png").write_bytes(b"")
    assert describe_job(mask=tmp_path) != folder


def test_what_cannot_be_described_is_refused():
    with pytest.raises(ConfigError, match="a object among its settings can't be resumed"):
        describe_job(thing=object())
