from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from video_clips import texture

from stylemix.errors import PictureError
from stylemix.images import resize
from stylemix.video.frame import Frame

SOON, SHORT = Fraction(1, 25), Fraction(1, 50)


def test_a_frame_is_resized_as_stylize_resizes_pictures():
    picture = texture(48, 64)
    frame = Frame(picture, SOON, SHORT).resized(40)
    expected = resize(torch.from_numpy(picture).permute(2, 0, 1), long_side=40).permute(1, 2, 0)
    assert frame.rgb.shape == (30, 40, 3)
    assert np.array_equal(frame.rgb, expected.numpy())
    assert (frame.time, frame.duration, frame.alpha) == (SOON, SHORT, None)


def test_transparency_goes_along():
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    frame = Frame(texture(48, 64), SOON, SHORT, alpha).resized(32)
    assert frame.alpha.shape == (24, 32)
    assert frame.alpha[:, :14].max() < 5 and frame.alpha[:, 18:].min() > 250
    assert frame.rgba.shape == (24, 32, 4) and frame.to_pil().mode == "RGBA"


def test_a_frame_of_the_right_size_stays_itself():
    frame = Frame(texture(48, 64), SOON, SHORT)
    assert frame.resized(64) is frame
    assert frame.rgba is frame.rgb


def test_what_is_hidden_shows_nowhere():
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    seen = []
    for hidden in (0, 255):
        picture = texture(48, 64).copy()
        picture[:, :32] = hidden
        frame = Frame(picture, SOON, SHORT, alpha).filled()
        assert np.array_equal(frame.rgb[:, 32:], picture[:, 32:])
        assert np.array_equal(frame.rgb[:, :32], picture[:, :31:-1])  # mirrored
        seen.append(frame.resized(32))
    assert np.array_equal(seen[0].rgba, seen[1].rgba)
    opaque = Frame(texture(48, 64), SOON, SHORT)
    assert opaque.filled() is opaque


def test_a_frame_does_not_become_too_large():
    frame = Frame(np.zeros((48, 64, 3), np.uint8), SOON, SHORT)
    with pytest.raises(
        PictureError,
        match="long side of 100000 pixels would have more than 200,000,000 pixels: give a smaller",
    ):
        frame.resized(100_000)
