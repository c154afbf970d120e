from __future__ import annotations

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_extractor

from stylemix.errors import Cancelled
from stylemix.optimization import Descent, Recipe, Task, optimize
from stylemix.optimization.picture_loss import Losses, gram_objective
from stylemix.optimization.thin_loss import FAR, MIRRORS, ThinLoss, thin_objective

# Sides that a power of two divides, so that poolings fall alike in the mirrored picture.
CONTENT, OUTPUT, PAINTING = picture(1, 48, 64), picture(2, 48, 64), picture(3, 48, 48)
ASKED = {"style_weight": 3.0, "strength": 1.0, "tile": 0}


def left():
    mask = torch.zeros(1, 1, 48, 64)
    mask[..., :24] = 1
    return mask


@pytest.mark.parametrize("mask", [torch.ones(1, 1, 1, 1), left()], ids=["all", "left"])
def test_each_call_sees_another_mirror_image(mask):
    """As if everything had been mirrored by hand, and the gradient mirrored back."""
    extractor, _, _ = tiny_extractor()
    loss = thin_objective(extractor, CONTENT, [PAINTING], [mask], **ASKED)
    near = torch.lerp(CONTENT, OUTPUT, 0.1)
    loss(near)
    assert loss.style_weight == ASKED["style_weight"]
    seen = []
    for axes in [*MIRRORS[1:], *MIRRORS]:
        content, output, painting, where = (x.flip(axes) for x in (CONTENT, OUTPUT, PAINTING, mask))
        alone = gram_objective(extractor, content, [painting], [where], **ASKED)
        wanted, gradient = alone(output)
        found, own = loss(OUTPUT)
        assert found.style == pytest.approx(wanted.style, rel=1e-5)
        assert found.content == pytest.approx(wanted.content, rel=1e-5)
        torch.testing.assert_close(own, gradient.flip(axes))
        seen.append(found.style)
    assert len({round(s, 6) for s in seen}) == 4


def test_a_symmetric_network_sees_all_mirror_images_alike():
    extractor, _, _ = tiny_extractor()
    with torch.no_grad():
        for convolution in extractor.net.features.values():
            weight = convolution.weight
            convolution.weight.copy_((weight + weight.flip(-1)) / 2)
            convolution.weight.copy_((weight + weight.flip(-2)) / 2)
    loss = thin_objective(extractor, CONTENT, [PAINTING], [torch.ones(1, 1, 1, 1)], **ASKED)
    (first, gradient), *others = [loss(OUTPUT) for _ in MIRRORS]
    for found, own in others:
        assert found.style == pytest.approx(first.style, rel=1e-4)
        torch.testing.assert_close(own, gradient, rtol=1e-3, atol=1e-5)


class Plain:
    """Content is the relative squared difference of the pixels, style their mean."""

    def __init__(self, photograph, style_weight):
        self.photograph, self.style_weight = photograph, style_weight

    def __call__(self, image):
        difference, norm = image - self.photograph, self.photograph.square().sum()
        losses = Losses(float(difference.square().sum() / norm), float(image.mean()))
        return losses, 2 * difference / norm + self.style_weight / image.numel()


@pytest.mark.parametrize("distance", [0.5 * FAR, FAR, 1.5 * FAR, 4 * FAR])
def test_the_style_weighs_more_where_the_start_is_far_from_the_photograph(distance):
    loss = ThinLoss(lambda axes, weight: Plain(CONTENT.flip(axes), weight), 3.0)
    first, _ = loss((1 + distance**0.5) * CONTENT)
    assert first.content == pytest.approx(distance, rel=1e-5)
    weight = 3.0 * max(1, distance / FAR)
    assert loss.style_weight == pytest.approx(weight, rel=1e-5)
    # Where it ends counts for nothing, and every mirror image has the weight of the start.
    wanted = Plain(CONTENT, weight)(OUTPUT)[1]
    for _ in range(2 * len(MIRRORS)):
        torch.testing.assert_close(loss(OUTPUT)[1], wanted)


@pytest.mark.parametrize("nearer", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_stopped_early_both_pictures_are_seen_alike(steps, nearer):
    """Which of two nearly equal pictures is nearer doesn't hang on how each would be mirrored."""
    extractor, _, _ = tiny_extractor()
    everywhere = [torch.ones(1, 1, 1, 1)]
    alone = gram_objective(extractor, CONTENT, [PAINTING], everywhere, **ASKED)
    two = [OUTPUT, torch.lerp(OUTPUT, CONTENT, 0.01)]
    two.sort(key=lambda x: alone(x)[0].style, reverse=nearer)
    start, fallback = two

    def stop(done, shown):
        if done == steps:
            raise Cancelled("enough")

    still = Recipe(descent=Descent(rate=1e-9), loss=thin_objective)
    task = Task(CONTENT, start, [PAINTING], everywhere, fallback=fallback)
    found, _ = optimize(task, extractor, still, 8, report=stop)
    torch.testing.assert_close(found, fallback if nearer else start, atol=1e-6, rtol=0)
