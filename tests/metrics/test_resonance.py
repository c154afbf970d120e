from __future__ import annotations

import math

import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.metrics.artifacts import checkerboard
from stylemix.metrics.resonance import SIDE, resonance


def noise(height: int = 256, width: int = 320) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.3 + 0.4 * torch.rand(3, height, width, generator=generator)


def waves(period: float, amplitude: float, height: int = 256, width: int = 320) -> torch.Tensor:
    return amplitude * torch.sin(torch.arange(width) * 2 * math.pi / period).expand(height, width)


def test_noise_has_none():
    assert resonance(noise()) < 1.6


@pytest.mark.parametrize("period", [2.7, 3.45, 4.6, 9.0])
def test_faint_hatching_of_any_period_stands_out(period):
    image = noise()
    found = resonance(image + waves(period, 0.04))
    assert found > 2.5 * resonance(image)


def test_it_sees_what_the_checkerboard_measure_does_not():
    image = noise()
    hatched = image + waves(4.6, 0.04)
    assert checkerboard(hatched) < 1.5 * checkerboard(image)


def test_a_pattern_of_a_single_place_counts_less():
    image, whole = noise(), noise() + waves(4.6, 0.06)
    single = image.clone()
    single[:, :64, :64] = whole[:, :64, :64]
    assert resonance(single) < resonance(whole) / 2


def test_it_grows_with_the_amplitude_and_not_with_a_slope():
    image = noise()
    found = [resonance(image + waves(4.6, a)) for a in (0.02, 0.04, 0.08)]
    assert found[1] > 1.3 * found[0]
    assert found[2] == pytest.approx(2 * found[1], rel=0.2)
    slope = torch.linspace(-0.2, 0.2, 320)
    assert resonance(image + slope) == pytest.approx(resonance(image), rel=0.1)


def test_a_flat_picture_has_none():
    assert resonance(torch.full((3, SIDE, SIDE), 0.5)) <= 1


def test_small_pictures_are_refused():
    with pytest.raises(ConfigError, match="at least 128 x 128"):
        resonance(torch.rand(3, SIDE - 1, 300))
