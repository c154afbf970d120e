from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")
from video_clips import frames_of, panning

from stylemix.errors import Cancelled, VideoError
from stylemix.video.frame import Frame
from stylemix.video.numbered import FolderSource, FolderWriter


def test_pictures_come_in_the_order_of_their_numbers(tmp_path):
    pictures = panning(12)
    for n, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"shot{n}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    source = FolderSource(str(tmp_path), Fraction(10))
    found = list(source.frames())
    assert all((f.rgb == p).all() for f, p in zip(found, pictures, strict=True))
    assert [f.time for f in found] == [Fraction(n, 10) for n in range(12)]
    assert source.length == Fraction(6, 5)
    assert [f.time for f in source.frames(Fraction(1))] == [Fraction(1), Fraction(11, 10)]


@pytest.mark.parametrize("ending", ["bmp", "ppm", "tif", "webp"])
def test_every_kind_of_picture_that_can_be_read_is_a_frame(tmp_path, ending):
    pictures = panning(2)
    for n, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{n}.{ending}", lossless=True)
    found = list(FolderSource(str(tmp_path)).frames())
    assert all((f.rgb == p).all() for f, p in zip(found, pictures, strict=True))


def test_without_a_rate_there_are_25_per_second(tmp_path):
    Image.fromarray(panning(1)[0]).save(tmp_path / "1.png")
    assert FolderSource(str(tmp_path)).rate == 25


def test_an_empty_folder_and_frames_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(VideoError, match="has no pictures that could be frames"):
        FolderSource(str(tmp_path))
    for n, picture in enumerate(panning(2)):
        Image.fromarray(picture[: 40 + n]).save(tmp_path / f"{n}.png")
    with pytest.raises(
        VideoError, match=r"'.*1\.png' has 64 x 41 pixels, the frames before 64 x 40"
    ):
        list(FolderSource(str(tmp_path)).frames())


def test_damaged_pictures_show_their_neighbors(tmp_path):
    pictures = panning(5)
    for n, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{n}.png")
    for n in (0, 3):
        (tmp_path / f"{n}.png").write_bytes(b"damaged")
    source = FolderSource(str(tmp_path))
    found = list(source.frames())
    for frame, n in zip(found, (1, 1, 2, 2, 4), strict=True):
        assert (frame.rgb == pictures[n]).all()
    assert [f.time for f in found] == [Fraction(n, 25) for n in range(5)]
    assert [f.damage for f in found] == ["in '0.png'", "", "", "in '3.png'", ""]
    late = list(source.frames(Fraction(3, 25)))
    assert [f.time for f in late][-2:] == [Fraction(3, 25), Fraction(4, 25)]
    assert (late[-2].rgb == pictures[2]).all()


def test_a_folder_of_nothing_but_damage_is_refused(tmp_path):
    for n in range(3):
        (tmp_path / f"{n}.png").write_bytes(b"damaged")
    with pytest.raises(VideoError, match=r"no frame can be read; the first: .*0\.png"):
        list(FolderSource(str(tmp_path)).frames())


def test_frames_are_written_and_come_back_with_their_transparency(tmp_path):
    alpha = np.arange(48 * 64, dtype=np.uint8).reshape(48, 64)
    frames = [Frame(f.rgb, f.time, f.duration, alpha) for f in frames_of(panning(3))]
    with FolderWriter(tmp_path / "out") as out:
        for frame in frames:
            out.write(frame)
    assert sorted(f.name for f in out.written.iterdir()) == [
        "000001.png", "000002.png", "000003.png"
    ]  # fmt: skip
    found = list(FolderSource(str(out.written)).frames())
    seen = alpha > 0
    assert all((f.rgb == g.rgb)[seen].all() for f, g in zip(found, frames, strict=True))
    assert (found[0].alpha == alpha).all()


def test_frames_of_another_video_are_not_mixed_with(tmp_path):
    (tmp_path / "000001.png").write_bytes(b"former")
    with pytest.raises(VideoError, match="holds numbered frames already"):
        FolderWriter(tmp_path)


def test_an_interrupt_keeps_the_complete_frames(tmp_path):
    out = FolderWriter(tmp_path / "out")
    with pytest.raises(Cancelled), out:
        out.write(frames_of(panning(1))[0])
        raise Cancelled
    assert out.part == tmp_path / "out"
    assert [f.name for f in out.part.iterdir()] == ["000001.png"]
