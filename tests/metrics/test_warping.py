from __future__ import annotations

import numpy as np
import pytest
from helpers import picture, tiny_model

pytest.importorskip("cv2", reason="the optical flow needs OpenCV")
from video_clips import panning

from stylemix.metrics.warping import Steadiness, measure_steadiness, warping_error


def test_results_that_move_with_the_scene_have_almost_no_error():
    frames = panning()
    inverted = [255 - f for f in frames]
    still = [255 - frames[0]] * len(frames)
    assert warping_error(frames, inverted) < 2.5
    assert warping_error(frames, still) > 15


def test_flicker_counts_by_its_size():
    frames = [panning(1)[0]] * 6
    flicker = [np.full_like(frames[0], 100 + 10 * (n % 2)) for n in range(6)]
    assert warping_error(frames, flicker) == pytest.approx(10)
    assert warping_error(frames[:1], flicker[:1]) == 0


def test_a_model_s_video_is_measured_with_and_without_steadiness():
    model = tiny_model(seed=3)
    found = measure_steadiness(panning(6), model, model.encode(picture(4)))
    assert found.frames < 2.5 < found.plain
    assert 0.2 < found.ratio < 0.6
    assert Steadiness(1, 0, 0).ratio == 0
