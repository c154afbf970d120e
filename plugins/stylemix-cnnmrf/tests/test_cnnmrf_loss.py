"""The energy and its gradient against their definitions."""

from __future__ import annotations

import pytest
import torch
from stylemix_cnnmrf.loss import CONTENT_LAYER, MarkovLoss, layers_of
from torch import Tensor

from stylemix.backbones import FeatureNet
from stylemix.optimization import FeatureExtractor

WHOLE = [torch.ones(1, 1, 1, 1)]


def _space() -> FeatureExtractor:
    """Give a random network in VGG-16's shape, in float64."""
    torch.manual_seed(0)
    net = FeatureNet((3, 4, 5, 6), 4.0)
    for parameter in net.parameters():
        parameter.data.mul_(2)
    return _Double(net.double().requires_grad_(False), bfloat16=False)


class _Double(FeatureExtractor):
    def extract(self, image: Tensor, layers: tuple[str, ...]) -> dict[str, Tensor]:
        return self.net(image.double(), layers)


def _picture(seed: int, height: int = 48, width: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 9, 9, generator=generator, dtype=torch.float64)
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)


def _by_hand(extractor: FeatureExtractor, y: Tensor, s: Tensor) -> float:
    """Give the energy with every patch of the painting and stride 1, by unfolding."""
    total = 0.0
    for layer in layers_of(extractor):
        found, keys = (
            torch.nn.functional.unfold(extractor.extract(p, (layer,))[layer], 3)[0].T
            for p in (y, s)
        )
        cosine = torch.nn.functional.normalize(found) @ torch.nn.functional.normalize(keys).T
        each = (found - keys[cosine.argmax(1)]).square().sum(1)
        total += float(each.mean() / keys.square().sum(1).mean())
    return total / len(layers_of(extractor))


def test_losses_are_their_definitions() -> None:
    extractor, y, c, s = _space(), _picture(1), _picture(2), _picture(3, 40, 56)
    losses, _ = MarkovLoss(extractor, c, [s], WHOLE, style_weight=1, count=10**6, stride=1)(y)
    assert losses.style == pytest.approx(_by_hand(extractor, y, s), rel=1e-6)
    assert losses.style > 0.01
    one, other = (extractor.extract(p, (CONTENT_LAYER,))[CONTENT_LAYER] for p in (y, c))
    assert losses.content == pytest.approx(
        float((one - other).square().sum() / other.square().sum()), rel=1e-6
    )


def test_energy_of_the_painting_itself_is_zero() -> None:
    extractor, s = _space(), _picture(3)
    loss = MarkovLoss(extractor, s, [s], WHOLE, style_weight=1, count=10**6, stride=1)
    losses, gradient = loss(s)
    assert losses.style < 1e-12
    assert losses.content == 0
    assert gradient.abs().max() < 1e-9
    assert loss(_picture(1))[0].style > 0.01


def test_gradient_in_the_features_is_the_sum_of_the_patches_differences() -> None:
    """Of all patches over a place, ``2 (P_i(y) - P_NN(i)(s))``; the choice has no gradient."""
    extractor, y, s = _space(), _picture(1, 32, 40).requires_grad_(), _picture(3, 32, 32)
    layers = layers_of(extractor)
    maps = extractor.extract(y, layers)
    pulls = []
    for layer in layers:
        x, keys = maps[layer].detach(), extractor.extract(s, (layer,))[layer]
        targets = [
            keys[0, :, i : i + 3, j : j + 3]
            for i in range(keys.shape[2] - 2)
            for j in range(keys.shape[3] - 2)
        ]
        pull = torch.zeros_like(x)
        rows, columns = x.shape[2] - 2, x.shape[3] - 2
        for i in range(rows):
            for j in range(columns):
                patch = x[0, :, i : i + 3, j : j + 3]
                nearest = max(targets, key=lambda t, p=patch: float((t * p).sum() / t.norm()))
                pull[0, :, i : i + 3, j : j + 3] += 2 * (patch - nearest)
        length = sum(float(t.square().sum()) for t in targets) / len(targets)
        pulls.append(pull / (rows * columns * length * len(layers)))
    (wanted,) = torch.autograd.grad([maps[layer] for layer in layers], y, pulls)
    loss = MarkovLoss(extractor, y.detach(), [s], WHOLE, style_weight=1, count=10**6, stride=1)
    # The photograph is the picture itself: its content loss has no gradient here.
    _, gradient = loss(y.detach())
    torch.testing.assert_close(gradient, wanted, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_gradient_equals_finite_differences(strength: float) -> None:
    extractor, y, c, s = _space(), _picture(1), _picture(2), _picture(3, 40, 56)
    loss = MarkovLoss(extractor, c, [s], WHOLE, style_weight=3, strength=strength, count=300)
    losses, gradient = loss(y)
    direction = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(0))
    step = 1e-6
    ahead, behind = (loss(y + sign * step * direction)[0] for sign in (1, -1))
    slope = (ahead.content - behind.content + 3 * (ahead.style - behind.style)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=1e-4)
    assert losses.style > 0


def test_tiles_change_nothing() -> None:
    extractor, y, c = _space(), _picture(1, 168, 200), _picture(2, 168, 200)
    mask = torch.zeros(1, 1, 168, 200, dtype=torch.float64)
    mask[..., :90] = 1
    options = {"style_weight": 3.0, "strength": 0.7, "count": 200}
    styles, maps = [_picture(3), _picture(4)], [mask, 1 - mask]
    whole, tiled = (
        MarkovLoss(extractor, c, styles, maps, tile=tile, **options)(y) for tile in (0, 64)
    )
    assert tiled[0].style == pytest.approx(whole[0].style, rel=1e-9)
    assert tiled[0].content == pytest.approx(whole[0].content, rel=1e-9)
    assert (tiled[1] - whole[1]).abs().max() < 1e-9 * whole[1].abs().max()


def test_weights_are_linear_and_masks_choose() -> None:
    extractor, y, c = _space(), _picture(1), _picture(2)
    styles = [_picture(3), _picture(4)]

    def energy(*maps: Tensor) -> float:
        return MarkovLoss(extractor, c, styles, list(maps), style_weight=1)(y)[0].style

    one, none = torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1)
    first, second = energy(one, none), energy(none, one)
    assert first != pytest.approx(second, rel=1e-3)
    assert energy(0.25 * one, 0.75 * one) == pytest.approx(0.25 * first + 0.75 * second)
    mask = torch.zeros(1, 1, 48, 64, dtype=torch.float64)
    mask[..., :32] = 1
    # Each patch counts where its centre lies, so the halves add up to the whole.
    assert energy(mask, none) + energy(1 - mask, none) == pytest.approx(first)


def test_at_strength_zero_the_photograph_is_the_optimum() -> None:
    extractor, c = _space(), _picture(2)
    losses, gradient = MarkovLoss(extractor, c, [_picture(3)], WHOLE, style_weight=1, strength=0)(c)
    assert losses.style < 1e-20
    assert gradient.abs().max() < 1e-12


def test_matches_are_found_anew() -> None:
    """The energy of a picture does not depend on the pictures that were seen before it."""
    extractor, c = _space(), _picture(2)
    loss = MarkovLoss(extractor, c, [_picture(3)], WHOLE, style_weight=1)
    fresh = MarkovLoss(extractor, c, [_picture(3)], WHOLE, style_weight=1)(_picture(5))[0].style
    loss(_picture(1))
    assert loss(_picture(5))[0].style == fresh
