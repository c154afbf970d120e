from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("cv2")
from video_clips import HEIGHT, WIDTH, frames_of, panning, texture

from stylemix.stylizers import Options
from stylemix.video.loop import stylized
from stylemix.video.masks import Mask
from stylemix.video.motion import Flow
from stylemix.video.planning import Plan
from stylemix.video.schedule import Schedule, make_schedule

PAINTING = texture(40, 40, 7)


def warping_error(frames: list[np.ndarray], results: list[np.ndarray]) -> float:
    errors = []
    for n in range(1, len(frames)):
        motion = Flow()(frames[n - 1], frames[n])
        warped = motion.warp(results[n - 1].astype(np.float32))
        errors.append(np.abs(warped - results[n])[motion.seen].mean())
    return float(np.mean(errors))


def noisy(pictures: list[np.ndarray]) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [
        np.clip(p + generator.normal(0, 5, p.shape), 0, 255).round().astype(np.uint8)
        for p in pictures
    ]


@pytest.mark.parametrize(
    "pictures, bar",
    [(panning(10), 0.6), (noisy([texture(HEIGHT, WIDTH)] * 10), 0.35)],
    ids=["pan", "still scene with noise"],
)
def test_results_agree_with_the_ones_before(model, pictures, bar):
    plain, steady = (
        [
            d.frame.rgb
            for d in stylized(
                frames_of(pictures),
                Plan(model, make_schedule(PAINTING, model, None), steady=amount),
            )
        ]
        for amount in (0.0, 0.7)
    )
    assert warping_error(pictures, steady) < bar * warping_error(pictures, plain)


def test_a_cut_leaves_no_trace_of_the_scene_before(model):
    dark, bright = [p // 3 for p in panning(3)], [255 - p // 3 for p in panning(3, seed=3)]
    schedule = make_schedule(PAINTING, model, None)
    found = list(stylized(frames_of(dark + bright), Plan(model, schedule)))
    alone = list(stylized(frames_of(bright), Plan(model, schedule)))
    assert [d.cut for d in found] == [True, False, False, True, False, False]
    for one, other in zip(found[3:], alone, strict=True):
        assert (one.frame.rgb == other.frame.rgb).all()


def test_strength_0_is_the_video_itself(model):
    pictures = panning(4)
    plan = Plan(model, make_schedule(PAINTING, model, None), options=Options(strength=0))
    found = list(stylized(frames_of(pictures), plan))
    assert all((d.frame.rgb == p).all() for d, p in zip(found, pictures, strict=True))


def test_where_no_style_holds_the_video_stays(model):
    pictures = panning(4)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, 40:] = 255
    plan = Plan(model, make_schedule(PAINTING, model, None), [Mask(mask, Fraction(0))])
    for drawn, picture in zip(stylized(frames_of(pictures), plan), pictures, strict=True):
        assert (drawn.frame.rgb[:, :40] == picture[:, :40]).all()
        assert np.abs(drawn.frame.rgb[:, 40:].astype(int) - picture[:, 40:]).mean() > 10


def test_steadied_frames_are_drawn_by_openvino_too(model):
    pytest.importorskip("openvino", reason="compiles a network's pass")
    frames = frames_of(panning(5))
    styles = tuple(model.encode(texture(40, 40, n)) for n in (7, 8))
    schedule = Schedule(styles, (Fraction(1, 25), Fraction(3, 25)))
    passes = []
    handle = model.generator.register_forward_hook(lambda *_: passes.append(1))
    drawn = {}
    try:
        for runtime in ("openvino", "torch"):
            plan = Plan(model.using(runtime), schedule)
            drawn[runtime] = [d.frame.rgb.astype(int) for d in stylized(frames, plan)]
            passes.append(0)
    finally:
        handle.remove()
    # Compiling traces a pass of PyTorch for one and for two styles; no frame takes another.
    assert passes.index(0) <= 2
    assert sum(passes) - passes.index(0) == len(frames)
    for one, other in zip(*drawn.values(), strict=True):
        assert np.abs(one - other).max() <= 2


def test_a_video_is_gone_on_with(model):
    frames = frames_of(panning(7))
    plan = Plan(model, make_schedule(PAINTING, model, None))
    whole = list(stylized(frames, plan))
    first = list(stylized(frames[:3], plan))
    rest = list(stylized(frames[3:], plan, first[-1].former))
    for one, other in zip(whole, first + rest, strict=True):
        assert (one.frame.rgb == other.frame.rgb).all()
        assert one.cut == other.cut
    anew = next(stylized(frames[3:], plan))
    assert (anew.frame.rgb != whole[3].frame.rgb).any()


def test_styles_change_with_time(model):
    a, b = (model.encode(texture(40, 40, n)) for n in (7, 8))
    still = [texture(HEIGHT, WIDTH)] * 3
    frames = frames_of(still, rate=1)
    plan = Plan(model, Schedule((a, b), (Fraction(0), Fraction(2))), steady=0.0)
    first, middle, last = (d.frame.rgb for d in stylized(frames, plan))
    assert (first == np.asarray(model.stylize(still[0], a))).all()
    assert (middle == np.asarray(model.stylize(still[0], [a, b], weights=[1, 1]))).all()
    assert (last == np.asarray(model.stylize(still[0], b))).all()
