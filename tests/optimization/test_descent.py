from __future__ import annotations

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_extractor

from stylemix.errors import Cancelled, ConfigError
from stylemix.optimization.canvas import Canvas
from stylemix.optimization.descent import Descent, optimize_canvas, picture_of, rate_at
from stylemix.optimization.picture_loss import PictureLoss
from stylemix.optimization.targets import regions, style_grams

PHOTO, PAINTING = picture(1, 40, 48), picture(2, 40, 40)


def setting(optimizer):
    extractor, _, _ = tiny_extractor()
    goal = PictureLoss(
        extractor,
        PHOTO,
        [style_grams(extractor, PAINTING)],
        regions([torch.ones(1, 1, 1, 1)]),
        style_weight=3.0,
    )
    return Canvas(PHOTO, layers=2), goal, Descent(optimizer=optimizer)


def loss(goal, image):
    losses, _ = goal(image)
    return losses.content + goal.style_weight * losses.style


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_the_loss_falls_and_every_step_is_told(optimizer):
    canvas, goal, how = setting(optimizer)
    told = []
    assert optimize_canvas(canvas, goal, 30, how, lambda s: told.append(s.done)) is None
    assert told == list(range(1, 31))
    out = picture_of(canvas)
    assert 0 <= out.min() <= out.max() <= 1
    assert loss(goal, out) < 0.7 * loss(goal, PHOTO)


def test_lbfgs_keeps_the_best():
    """More evaluations never give a worse picture, although the line search tries worse ones."""
    reached = []
    for steps in (3, 6, 9, 12):
        canvas, goal, how = setting("lbfgs")
        optimize_canvas(canvas, goal, steps, how)
        reached.append(loss(goal, picture_of(canvas)))
    assert reached == sorted(reached, reverse=True)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_two_runs_agree_exactly(optimizer):
    outs = []
    for _ in range(2):
        canvas, goal, how = setting(optimizer)
        optimize_canvas(canvas, goal, 5, how)
        outs.append(picture_of(canvas))
    assert torch.equal(*outs)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_cancelling_keeps_what_was_reached(optimizer):
    canvas, goal, how = setting(optimizer)

    def stop(step):
        if step.done == 6:
            raise Cancelled("enough")

    stopped = optimize_canvas(canvas, goal, 1000, how, stop)
    assert str(stopped) == "enough"
    assert loss(goal, picture_of(canvas)) < loss(goal, PHOTO)


def test_other_errors_pass():
    canvas, goal, how = setting("adam")

    def fail(step):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        optimize_canvas(canvas, goal, 3, how, fail)


def test_a_slower_descent_moves_less():
    moves = []
    for speed in (1.0, 0.1):
        canvas, goal, how = setting("adam")
        optimize_canvas(canvas, goal, 4, how, speed=speed)
        moves.append(float((picture_of(canvas) - PHOTO).abs().mean()))
    assert moves[1] < 0.2 * moves[0]


def test_the_rate_warms_up_holds_and_falls():
    rates = [rate_at(s, 100) for s in range(100)]
    assert rates[0] == pytest.approx(1 / 3)
    assert rates[3:60] == [1.0] * 57
    assert rates[60:] == sorted(rates[60:], reverse=True)
    assert 0.1 <= rates[-1] < 0.105


def test_bad_descents():
    with pytest.raises(ConfigError, match="adam, lbfgs"):
        Descent(optimizer="sgd")
    for rate in (0, float("nan"), "fast"):
        with pytest.raises(ConfigError, match="rate must be a number above 0"):
            Descent(rate=rate)
