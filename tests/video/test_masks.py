from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")
from video_clips import write_clip

from stylemix.errors import PictureError
from stylemix.video.masks import Mask


def halves(count: int) -> list[np.ndarray]:
    """Frames of which ever more columns are white."""
    frames = [np.zeros((48, 64, 3), np.uint8) for _ in range(count)]
    for n, frame in enumerate(frames):
        frame[:, : 8 * (n + 1)] = 255
    return frames


def columns(mask: np.ndarray) -> int:
    return int((mask.mean(0) > 0.5).sum())


def test_a_picture_holds_all_the_time():
    mask = Mask(halves(1)[0], Fraction(0))
    assert columns(mask.at(Fraction(0), 48, 64)) == 8
    assert columns(mask.at(Fraction(9), 24, 32)) == 4


def test_a_video_goes_with_the_time_and_holds_its_last_frame(tmp_path):
    path = write_clip(tmp_path / "mask.mp4", halves(4))
    mask = Mask(path, Fraction(0))
    found = [columns(mask.at(Fraction(t, 50), 48, 64)) for t in (0, 2, 3, 6, 8)]
    assert found == [8, 16, 16, 32, 32]
    with pytest.warns(UserWarning, match="ends before the video; its last frame holds"):
        assert columns(mask.at(Fraction(2), 48, 64)) == 32
    mask.at(Fraction(3), 48, 64)  # says it once


def test_a_video_that_ends_before_the_result_begins_holds_its_last_frame(tmp_path):
    mask = Mask(write_clip(tmp_path / "mask.mp4", halves(4)), Fraction(1))
    assert columns(mask.at(Fraction(0), 48, 64)) == 32
    with pytest.warns(UserWarning, match="ends before the video"):
        assert columns(mask.at(Fraction(1), 48, 64)) == 32


def test_damaged_frames_are_told(tmp_path):
    for n, frame in enumerate(halves(3)):
        Image.fromarray(frame).save(tmp_path / f"{n}.png")
    (tmp_path / "1.png").write_bytes(b"damaged")
    mask = Mask(tmp_path, Fraction(0))
    with pytest.warns(UserWarning, match=r"has damaged frames, the first in '1\.png'"):
        found = [columns(mask.at(Fraction(t, 25), 48, 64)) for t in range(3)]
    assert found == [8, 8, 24]


def test_a_video_begins_where_the_result_does(tmp_path):
    path = write_clip(tmp_path / "mask.mp4", halves(4))
    mask = Mask(str(path), Fraction(2, 25))
    assert [columns(mask.at(Fraction(t, 25), 48, 64)) for t in (0, 1)] == [24, 32]


def test_other_proportions_are_refused(tmp_path):
    mask = Mask(write_clip(tmp_path / "mask.mp4", halves(2)), Fraction(0))
    with pytest.raises(PictureError, match="proportions"):
        mask.at(Fraction(0), 48, 48)
