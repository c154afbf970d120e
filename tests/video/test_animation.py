from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("av")
from video_clips import panning

from stylemix.errors import VideoError
from stylemix.video.animation import AnimationSource


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_frames_stay_as_long_as_they_ask(tmp_path, ending):
    pictures = panning(3)
    path = tmp_path / f"a{ending}"
    first, *rest = [Image.fromarray(p) for p in pictures]
    first.save(path, save_all=True, append_images=rest, duration=[40, 100, 250], lossless=True)
    source = AnimationSource(str(path))
    found = list(source.frames())
    assert [f.duration for f in found] == [Fraction(1, 25), Fraction(1, 10), Fraction(1, 4)]
    assert [f.time for f in found] == [0, Fraction(1, 25), Fraction(7, 50)]
    assert source.length == Fraction(39, 100) and source.rate == 3 / source.length
    assert all(f.alpha is None for f in found)
    error = max(np.abs(f.rgb.astype(int) - p).mean() for f, p in zip(found, pictures, strict=True))
    assert error < (8 if ending == ".gif" else 0.01)


def test_frames_in_no_time_are_shown_as_browsers_do(tmp_path):
    path = tmp_path / "a.gif"
    first, second = (Image.fromarray(p) for p in panning(2))
    first.save(path, save_all=True, append_images=[second], duration=0)
    assert [f.duration for f in AnimationSource(str(path)).frames()] == [Fraction(1, 10)] * 2


def test_transparency_is_kept(tmp_path):
    path = tmp_path / "a.webp"
    pictures = [np.dstack([p, np.full(p.shape[:2], 70 + n, np.uint8)])
                for n, p in enumerate(panning(2))]  # fmt: skip
    first, second = (Image.fromarray(p) for p in pictures)
    first.save(path, save_all=True, append_images=[second], duration=40, lossless=True, exact=True)
    found = list(AnimationSource(str(path)).frames())
    assert [int(f.alpha.max()) for f in found] == [70, 71]


def test_still_pictures_and_damaged_files_are_refused(tmp_path):
    Image.fromarray(panning(1)[0]).save(tmp_path / "still.webp")
    (tmp_path / "bad.gif").write_bytes(b"GIF89a and no more")
    with pytest.raises(VideoError, match="is a still picture: use `stylemix stylize`"):
        AnimationSource(str(tmp_path / "still.webp"))
    with pytest.raises(VideoError, match=r"bad\.gif"):
        AnimationSource(str(tmp_path / "bad.gif"))
    with pytest.raises(VideoError, match="no such file"):
        AnimationSource(str(tmp_path / "missing.gif"))
