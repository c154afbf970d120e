"""What is said where a file can't be written: one wording, whoever writes."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import file_size_limit
from PIL import Image

from stylemix.errors import PictureError, VideoError
from stylemix.images import save
from stylemix.images.write_errors import FULL, not_written
from stylemix.video.consistency import Former
from stylemix.video.resuming import Point, Work

ROOM = "the disk or its quota is full: free some space, or choose another place"
RIGHTS = "you may not write there: choose another folder"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, ROOM),
        (errno.EDQUOT, ROOM),
        (errno.EFBIG, ROOM),
        (errno.EACCES, RIGHTS),
        (errno.EPERM, RIGHTS),
        (errno.EROFS, RIGHTS),
        (errno.ENAMETOOLONG, "choose another folder or file name"),
    ],
)
def test_the_remedy_fits_the_reason(number: int, remedy: str) -> None:
    said = not_written(Path("out") / "a.png", OSError(number, os.strerror(number)))
    name = str(Path("out") / "a.png")
    assert said == f"{name!r} can't be written ({os.strerror(number)}): {remedy}"
    assert (number in FULL) == (remedy == ROOM)


def test_errors_without_a_number_keep_their_words() -> None:
    said = not_written("a.mp4", ValueError("no such preset"), "choose another --codec")
    assert said == "'a.mp4' can't be written (no such preset): choose another --codec"


@pytest.mark.skipif(sys.platform != "linux", reason="needs file size limits")
def test_pictures_and_resumed_videos_say_the_same(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    former = Former(*(noise for _ in Former.__dataclass_fields__))
    with file_size_limit(4096):
        with pytest.raises(PictureError, match=f"{ROOM}$"):
            save(Image.fromarray(noise), tmp_path / "a.png")
        with pytest.raises(VideoError, match=f"{ROOM}$"):
            Work(tmp_path / "work").save(Point(former=former))
