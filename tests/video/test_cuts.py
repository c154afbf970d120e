from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("av")
from video_clips import panning, texture

from stylemix.video.cuts import histogram, is_cut


def test_a_histogram_counts_every_color_once_between_its_bins():
    picture = np.full((8, 8, 3), 255, np.uint8)
    assert histogram(picture)[5, 5, 5] == pytest.approx(1)
    halfway = histogram(np.full((8, 8, 3), (0, 0, 25.5), np.float32).astype(np.uint8))
    assert halfway.sum() == pytest.approx(1)
    assert halfway[0, 0, 0] == pytest.approx(1 - 25 / 51)
    assert halfway[0, 0, 1] == pytest.approx(25 / 51)


def test_motion_noise_and_a_slow_fade_are_no_cuts():
    scene = panning()
    noise = np.random.default_rng(0).normal(0, 10, scene[1].shape)
    noisy = np.clip(scene[1] + noise, 0, 255).astype(np.uint8)
    darker = (scene[0] * 0.93).astype(np.uint8)
    for now in (scene[1], noisy, darker):
        assert not is_cut(histogram(scene[0]), histogram(now))


def test_another_scene_is_a_cut():
    bright = (255 - texture(48, 64, seed=5) // 3).astype(np.uint8)
    dark = (texture(48, 64, seed=6) // 3).astype(np.uint8)
    assert is_cut(histogram(dark), histogram(bright))
