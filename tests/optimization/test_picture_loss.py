from __future__ import annotations

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_extractor

from stylemix.backbones import BLOCK_ENDS
from stylemix.ops import gram
from stylemix.optimization.picture_loss import PictureLoss
from stylemix.optimization.targets import Region, regions, style_grams

ONE = [torch.ones(1, 1, 1, 1)]
CONTENT, OUTPUT = picture(1, 75, 93), picture(2, 75, 93)
PAINTINGS = [picture(3, 50, 60), picture(4, 44, 44)]


def objective(extractor, maps=ONE, **options):
    styles = [style_grams(extractor, p) for p in PAINTINGS[: len(maps)]]
    options = {"style_weight": 3.0, **options}
    return PictureLoss(extractor, CONTENT, styles, regions(maps), **options)


def masks():
    left = torch.zeros(1, 1, 75, 93)
    left[..., :40] = 1
    return [left, 0.7 * (1 - left)]


def test_losses_are_the_defined_ones():
    extractor, net, _ = tiny_extractor(mapped=False)
    found, gradient = objective(extractor)(OUTPUT)
    c, y, s = (net(x) for x in (CONTENT, OUTPUT, PAINTINGS[0]))
    content = (y["relu3_3"] - c["relu3_3"]).square().sum() / c["relu3_3"].square().sum()
    style = sum((gram(y[k]) - gram(s[k])).norm() / gram(s[k]).norm() for k in BLOCK_ENDS) / 4
    assert found.content == pytest.approx(float(content), rel=1e-4)
    assert found.style == pytest.approx(float(style), rel=1e-3)
    assert gradient.shape == OUTPUT.shape


def test_a_guided_loss_is_that_of_the_masked_features():
    extractor, net, _ = tiny_extractor(mapped=False)
    left, right = masks()
    found, _ = objective(extractor, [left, right])(OUTPUT)
    y = net(OUTPUT)
    total = 0.0
    for mask, painting in ((left, PAINTINGS[0]), (right, PAINTINGS[1])):
        s = net(painting)
        for layer in BLOCK_ENDS:
            x = y[layer][0]
            t = torch.nn.functional.interpolate(mask, x.shape[-2:], mode="area")[0]
            guided = (x * t).flatten(1) @ x.flatten(1).T / t.sum()
            wanted = gram(s[layer])[0] * len(x)
            total += float(mask.mean() * (guided - wanted).norm() / wanted.norm()) / 4
    assert found.style == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("maps", [ONE, masks()])
@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_tiles_change_nothing(mapped, maps, strength):
    extractor, _, _ = tiny_extractor(mapped=mapped)
    whole, wanted = objective(extractor, maps, strength=strength)(OUTPUT)
    tiled = objective(extractor, maps, strength=strength, tile=32)
    assert len(tiled.boxes) > 3
    found, gradient = tiled(OUTPUT)
    assert found.content == pytest.approx(whole.content, rel=1e-5)
    assert found.style == pytest.approx(whole.style, rel=1e-4)
    assert (gradient - wanted).norm() / wanted.norm() < 1e-4


def test_the_gradient_is_that_of_finite_differences():
    extractor, net, _ = tiny_extractor()
    net.double()
    extractor.extract = lambda image, layers=BLOCK_ENDS: net(image, layers)
    content, output = CONTENT.double()[..., :32, :32], OUTPUT.double()[..., :32, :32]
    goal = PictureLoss(
        extractor,
        content,
        [style_grams(extractor, PAINTINGS[0].double())],
        [Region(None, 1.0, (1.0,))],
        style_weight=3.0,
    )
    _, gradient = goal(output)
    direction = torch.randn(
        output.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5)
    )
    step = 1e-6

    def total(x):
        losses, _ = goal(x)
        return losses.content + 3 * losses.style

    slope = (total(output + step * direction) - total(output - step * direction)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-3)


def test_without_strength_the_photograph_is_the_optimum():
    extractor, _, _ = tiny_extractor()
    losses, _ = objective(extractor, strength=0.0)(CONTENT)
    assert losses.content < 1e-8
    assert losses.style < 2e-3
    full, _ = objective(extractor, strength=1.0)(CONTENT)
    half, _ = objective(extractor, strength=0.5)(CONTENT)
    assert full.style > half.style > 10 * losses.style


def test_the_painting_itself_has_no_style_loss():
    extractor, _, _ = tiny_extractor()
    goal = PictureLoss(
        extractor,
        PAINTINGS[0],
        [style_grams(extractor, PAINTINGS[0])],
        regions(ONE),
        style_weight=1.0,
    )
    assert goal(PAINTINGS[0])[0].style < 2e-3
