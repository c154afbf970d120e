from __future__ import annotations

import torch
from distillation_cases import inputs
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.features.inputs import LOUDEST, disturbed


@given(st.integers(0, 10_000))
def test_a_step_draws_the_same_pictures_again(step):
    drawn = inputs()
    first = drawn.draw(step, 4)
    assert first.shape == (4, 3, 16, 16)
    assert first.min() >= 0 and first.max() <= 1
    assert torch.equal(first, drawn.draw(step, 4))
    assert not torch.equal(first, drawn.draw(step + 1, 4))


def test_pictures_are_disturbed_now_and_then():
    images = torch.cat([picture(s, 16, 16) * 0.4 + 0.3 for s in range(4)])
    kept, flat, strange = 0, 0, 0
    for seed in range(60):
        found = disturbed(images, torch.Generator().manual_seed(seed))
        off = (found - images).abs().amax((1, 2, 3))
        kept += int((off < 1e-6).sum())
        flat += int((found.std((2, 3)).mean(1) < 0.6 * images.std((2, 3)).mean(1)).sum())
        strange += int((off > LOUDEST).sum())
    # A picture stays as it is with a chance of 0.75 * 0.7 * 0.7 = 0.37.
    assert 0.27 < kept / 240 < 0.47
    assert 5 < flat < 240
    assert strange > 40


def test_photographs_come_first():
    drawn = inputs()
    drawn.photographs.pictures = [torch.full_like(p, 255) for p in drawn.photographs.pictures]
    drawn.paintings.pictures = [torch.zeros_like(p) for p in drawn.paintings.pictures]
    chance = drawn.stream("inputs", 0)
    assert drawn.cut(drawn.photographs, 2, chance).min() > 0.999
    means = torch.stack([drawn.draw(step, 4).mean((1, 2, 3)) for step in range(40)])
    assert (means[:, :2].median() > 0.9) and (means[:, 2:].median() < 0.1)
