from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")
from video_clips import frames_of, panning, texture

from stylemix.errors import ConfigError
from stylemix.video import Steadier
from stylemix.video.loop import stylized
from stylemix.video.planning import Plan
from stylemix.video.schedule import make_schedule

PAINTING = texture(40, 40, 7)


def steadied(model, style, steadier: Steadier, pictures: list[np.ndarray]) -> list[np.ndarray]:
    return [
        steadier.after(np.asarray(model.stylize(steadier.before(picture), style)))
        for picture in pictures
    ]


def test_one_call_at_a_time_gives_what_the_loop_gives(model):
    pictures = panning(5)
    plan = Plan(model, make_schedule(PAINTING, model, None))
    made = steadied(model, plan.schedule.styles[0], Steadier(), pictures)
    for one, other in zip(made, stylized(frames_of(pictures), plan), strict=True):
        assert (one == other.frame.rgb).all()


def test_a_copy_goes_its_own_way(model):
    pictures = panning(6)
    style = model.encode(PAINTING)
    whole = steadied(model, style, Steadier(0.8), pictures)
    steadier = Steadier(0.8)
    steadied(model, style, steadier, pictures[:3])
    for _ in range(2):  # the first copy's frames leave no trace
        rest = steadied(model, style, steadier.copy(), pictures[3:])
        assert all((a == b).all() for a, b in zip(rest, whole[3:], strict=True))


def test_0_leaves_results_alone(model):
    pictures = panning(3)
    style = model.encode(PAINTING)
    for made, picture in zip(steadied(model, style, Steadier(0), pictures), pictures, strict=True):
        assert (made == np.asarray(model.stylize(picture, style))).all()


@pytest.mark.parametrize("wrong", [-0.1, 0.96, float("nan"), "much"])
def test_steady_out_of_range_is_refused(wrong):
    with pytest.raises(ConfigError, match=r"steady must be a number from 0"):
        Steadier(wrong)


def test_frames_of_another_size_are_refused():
    steadier = Steadier()
    steadier.before(np.zeros((32, 48, 3), np.uint8))
    with pytest.raises(ConfigError, match="48 x 40 pixels, the one before 48 x 32"):
        steadier.before(np.zeros((40, 48, 3), np.uint8))
