from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from video_clips import HEIGHT, WIDTH, frames_of, panning, texture

from stylemix.stylizers import Options
from stylemix.video.consistency import untracked
from stylemix.video.drawing import AT_ONCE, draw, suitable
from stylemix.video.masks import Mask
from stylemix.video.planning import Plan
from stylemix.video.schedule import make_schedule

PAINTINGS = [texture(40, 40, 7), texture(40, 40, 8)]


@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_frames_in_one_pass_are_what_they_are_alone(model, strength):
    plan = Plan(model, make_schedule(PAINTINGS, model, None), options=Options(strength=strength))
    frames = frames_of(panning(5))
    alone, together = (list(draw(untracked(frames), plan, n)) for n in (1, 3))
    assert [one.frame.time for one, _, _ in together] == [frame.time for frame in frames]
    for (_, first, _), (_, second, _) in zip(alone, together, strict=True):
        assert np.abs(first.astype(int) - second).max() <= 1
    assert all(covered is None for _, _, covered in together)


def test_a_pass_takes_no_more_frames_than_there_are_and_begins_early(model):
    plan = Plan(model, make_schedule(PAINTINGS[0], model, None))
    seen = []

    def counted():
        for one in untracked(frames_of(panning(5))):
            seen.append(one.frame.time)
            yield one

    drawn = draw(counted(), plan, 2)
    next(drawn)
    assert len(seen) == 2
    assert len(list(drawn)) == 4


def test_what_suits_the_device(model):
    plan = Plan(model, make_schedule(PAINTINGS, model, None))
    pixels = HEIGHT * WIDTH
    gpu = torch.device("cuda")
    assert suitable(plan, pixels, torch.device("cpu")) == 1
    assert suitable(plan, pixels, gpu) == AT_ONCE
    assert [suitable(plan, n, gpu) for n in (1280 * 720, 1920 * 1080, 3840 * 2160)] == [2, 1, 1]
    others = [
        replace(plan, options=Options(preserve_color=True)),
        replace(plan, options=Options(scale=1.0)),
        replace(plan, options=Options(tile=64)),
        replace(plan, options=Options(strength=0.0)),
        replace(plan, masks=[Mask(np.ones((4, 4), np.float32), frames_of(panning(1))[0].time)] * 2),
        replace(plan, schedule=replace(plan.schedule, weights=[1.0, 2.0])),
    ]
    assert [suitable(other, pixels, gpu) for other in others] == [1] * len(others)
