from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")
from video_clips import panning, texture

from stylemix.video.motion import Flow


def test_the_flow_of_a_pan_is_its_step():
    first, second = panning(2, right=3, down=1)
    motion = Flow()(first, second)
    inner = motion.back[6:-6, 6:-6]
    assert np.abs(np.median(inner, (0, 1)) - [3, 1]).max() < 0.1
    assert np.abs(inner - [3, 1]).mean() < 0.25


def test_warping_brings_the_former_frame_here():
    first, second = panning(2, right=3, down=1)
    motion = Flow()(first, second)
    warped = motion.warp(first.astype(np.float32))
    error = np.abs(warped - second)[motion.seen].mean()
    assert error < 3
    assert error < np.abs(first.astype(float) - second).mean() / 8


def test_what_comes_into_view_is_not_seen_before():
    first, second = panning(2, right=6, down=0)
    seen = Flow()(first, second).seen
    assert not seen[:, -5:].any()
    assert seen[8:-8, 8:-10].all()


def test_an_object_uncovers_what_was_hidden():
    background, thing = texture(96, 128, 1), texture(96, 128, 2)[:48, :48]
    pictures = []
    for left in (12, 18):
        picture = background.copy()
        picture[12:60, left : left + 48] = thing
        pictures.append(picture)
    motion = Flow()(*pictures)
    assert motion.seen[14:58, 12:18].mean() < 0.6  # where the thing was
    assert motion.seen[16:56, 22:62].all()  # where it is
    assert motion.seen[:, -20:].all()
    assert np.abs(np.median(motion.back[16:56, 22:62], (0, 1)) - [-6, 0]).max() < 0.1


@pytest.mark.parametrize("size", [(12, 64), (8, 8), (1, 40), (31, 33)])
def test_tiny_frames_have_a_flow_too(size):
    picture = texture(60, 80)[: size[0], : size[1]]
    motion = Flow()(picture, picture)
    assert motion.back.shape == (*size, 2)
    assert np.abs(motion.back).max() < 0.2
    assert motion.seen.all()
