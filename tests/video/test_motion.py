from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")
from video_clips import panning, texture

from stylemix.video.motion import LARGE, Flow


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


@pytest.mark.parametrize("scale, step", [(1, 6), (5, 9), (5, 15)])
def test_an_object_uncovers_what_was_hidden(scale, step):
    """Frames of 640 pixels count as large."""

    def part(*edges: int) -> slice:
        return slice(*(scale * edge for edge in edges))

    background, thing = (texture(96 * scale, 128 * scale, seed) for seed in (1, 2))
    side, left = 48 * scale, 12 * scale
    pictures = []
    for begin in (left, left + step):
        picture = background.copy()
        picture[left : left + side, begin : begin + side] = thing[:side, :side]
        pictures.append(picture)
    motion = Flow()(*pictures)
    assert (max(pictures[0].shape) >= LARGE) == (scale > 1)
    assert motion.seen[part(14, 58), left : left + step].mean() < 0.6  # where the thing was
    moved = slice(left + step + 4 * scale, left + step + side - 4 * scale)
    assert motion.seen[part(16, 56), moved].mean() > 0.99  # where it is
    assert motion.seen[:, part(108, 128)].mean() > 0.99
    assert np.abs(np.median(motion.back[part(16, 56), moved], (0, 1)) - [-step, 0]).max() < 0.1


def test_what_is_measured_by_is_never_coarser():
    large = [np.kron(p, np.ones((12, 12, 1), np.uint8)) for p in panning(2, right=3, down=1)]
    assert max(large[0].shape) >= LARGE
    quick, whole = Flow()(*large), Flow(quick=False)(*large)
    assert (quick.back == whole.back).all()
    assert (quick.seen != whole.seen).any()
    small = panning(2, right=3, down=1)
    assert (Flow()(*small).seen == Flow(quick=False)(*small).seen).all()


@pytest.mark.parametrize("size", [(12, 64), (8, 8), (1, 40), (31, 33), (33, 600), (1, 600)])
def test_tiny_frames_have_a_flow_too(size):
    picture = texture(60, 600)[: size[0], : size[1]]
    motion = Flow()(picture, picture)
    assert motion.back.shape == (*size, 2)
    assert np.abs(motion.back).max() < 0.2
    assert motion.seen.all()
