"""Threads keep their scheduling."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from stylemix.video.priority import kept_priority

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root may ask for real time"
)


def threads() -> set[int]:
    return {os.sched_getscheduler(int(t)) for t in os.listdir("/proc/self/task")}


def test_real_time_is_taken_back():
    assert threads() == {os.SCHED_OTHER}
    with kept_priority():
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            pytest.skip("this container may not ask for real time")
        assert os.SCHED_FIFO in threads()
    assert threads() == {os.SCHED_OTHER}


def test_writing_av1_leaves_no_real_time_thread(tmp_path):
    pytest.importorskip("av", reason="PyAV is missing")
    from PIL import Image

    from stylemix.video import stylize_video  # the whole way

    frames = tmp_path / "in"
    frames.mkdir()
    for i in range(3):
        Image.fromarray(np.full((48, 64, 3), 60 * i, np.uint8)).save(frames / f"{i}.png")
    painting = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    stylize_video(frames, painting, tmp_path / "out.mp4", codec="av1", fps=5)
    assert threads() == {os.SCHED_OTHER}
