from __future__ import annotations

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_extractor

from stylemix.errors import Cancelled, MemoryLimitError
from stylemix.optimization import Recipe, Task, optimize

PHOTO, ONE, TWO = picture(1, 90, 120), picture(2, 64, 64), picture(3, 70, 60)
EVERYWHERE = [torch.ones(1, 1, 1, 1)]


def run(steps=6, *, task=None, recipe=None, mapped=True, **options):
    extractor, _, _ = tiny_extractor(mapped=mapped)
    return optimize(
        task or Task(PHOTO, PHOTO, [ONE], EVERYWHERE),
        extractor,
        recipe or Recipe(),
        steps,
        **options,
    )


def test_it_works_in_inference_mode_and_twice_alike():
    extractor, _, _ = tiny_extractor()
    task = Task(PHOTO, PHOTO, [ONE], EVERYWHERE)
    with torch.inference_mode():
        task_there = Task(PHOTO + 0, PHOTO + 0, [ONE + 0], EVERYWHERE)
        a, stopped = optimize(task_there, extractor, Recipe(), 6)
    b, _ = optimize(task, extractor, Recipe(), 6)
    assert stopped is None
    assert torch.equal(a, b)
    assert a.shape == PHOTO.shape
    assert (a - PHOTO).abs().mean() > 0.01


def test_tiles_give_nearly_the_same_picture():
    whole, _ = run(3, tile=0)
    tiled, _ = run(3, tile=64)
    # Adam turns rounding into steps where a gradient is almost zero, hence the mean.
    assert (whole - tiled).abs().mean() < 1e-3
    assert (whole - PHOTO).abs().mean() > 0.01


def test_coarse_to_fine_reports_whole_pictures():
    told = []
    recipe = Recipe(sizes=((0.1, 0.2), (0.75, 0.5), (1.0, 0.3)))
    out, _ = run(10, recipe=recipe, report=lambda done, p: told.append((done, p().shape)))
    assert told == [(i, PHOTO.shape) for i in range(1, 11)]
    assert out.shape == PHOTO.shape


def test_cancelled_at_a_coarse_size_gives_a_whole_picture():
    def stop(done, picture):
        if done == 2:
            raise Cancelled("enough")

    recipe = Recipe(sizes=((0.75, 0.5), (1.0, 0.5)))
    out, stopped = run(10, recipe=recipe, report=stop)
    assert stopped is not None
    assert out.shape == PHOTO.shape
    assert (out - PHOTO).abs().mean() > 0.003


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (5, 9), (17, 16)])
def test_small_pictures_are_continued_and_cut_back(shape):
    small = torch.full((1, 3, *shape), 0.4)
    out, _ = run(2, task=Task(small, small, [ONE], EVERYWHERE))
    assert out.shape == small.shape


def test_only_masked_pixels_move():
    mask = torch.zeros(1, 1, 90, 120)
    mask[..., :50] = 1
    out, _ = run(task=Task(PHOTO, PHOTO, [ONE, TWO], [mask, 0 * mask]))
    assert torch.equal(out[..., 50:], PHOTO[..., 50:])
    assert (out - PHOTO)[..., :50].abs().mean() > 0.01


def test_strength_rises_from_the_photograph():
    moved = [
        float((run(task=Task(PHOTO, PHOTO, [ONE], EVERYWHERE, s))[0] - PHOTO).abs().mean())
        for s in (1e-4, 0.3, 1.0)
    ]
    assert moved[0] < 1e-3
    assert moved == sorted(moved)


def test_short_memory_means_smaller_tiles(monkeypatch):
    """The network refuses more than 130 x 130 pixels, as a small GPU would."""
    extractor, net, _ = tiny_extractor()
    forward = type(net).forward
    seen = []

    def limited(self, image, layers):
        if image.shape[-1] * image.shape[-2] > 130 * 130:
            raise torch.OutOfMemoryError("full")
        seen.append(image.shape)
        return forward(self, image, layers)

    monkeypatch.setattr(type(net), "forward", limited)
    big = picture(1, 16, 1400)
    out, _ = optimize(Task(big, big, [ONE], EVERYWHERE), extractor, Recipe(), 1)
    assert out.shape == big.shape
    assert seen
    huge = picture(1, 400, 400)
    with pytest.raises(MemoryLimitError, match="give a smaller size"):
        optimize(Task(huge, huge, [ONE], EVERYWHERE), extractor, Recipe(), 1)
    with pytest.raises(torch.OutOfMemoryError):
        optimize(Task(huge, huge, [ONE], EVERYWHERE), extractor, Recipe(), 1, tile=0)


@pytest.mark.parametrize(("nearer", "kept"), [(True, True), (False, False)])
def test_stopped_early_it_gives_what_is_nearest_to_the_painting(nearer, kept):
    """The fallback, as long as what was reached is farther from the painting than that."""
    fallback = ONE.repeat(1, 1, 2, 2)[..., :90, :120] if nearer else torch.full_like(PHOTO, 0.5)
    task = Task(PHOTO, PHOTO, [ONE], EVERYWHERE, fallback=fallback)

    def stop(done, shown):
        raise Cancelled("enough")

    found, stopped = run(task=task, report=stop)
    assert stopped is not None
    assert torch.equal(found, fallback) == kept
    done, _ = run(task=task)  # a run to its end doesn't look at it
    assert torch.equal(done, run(task=Task(PHOTO, PHOTO, [ONE], EVERYWHERE))[0])
