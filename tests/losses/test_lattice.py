from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.losses import Lattice
from stylemix.losses.objective import Objective
from stylemix.metrics.artifacts import checkerboard


def noise(seed: int, height: int = 128, width: int = 128, n: int = 1) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return 0.4 + 0.2 * torch.rand(n, 3, height, width, generator=random)


def weave(period: float, side: int = 128) -> torch.Tensor:
    wave = (2 * torch.pi / period * torch.arange(side)).cos()
    return 0.04 * wave[:, None] * wave


def loss(image: torch.Tensor, **options: int) -> torch.Tensor:
    return Lattice(**options)({"image": image}, [])


def around(power: np.ndarray, v: int, h: int, down: int, right: int) -> tuple[float, int]:
    rows = np.arange(v - down, v + down + 1) % power.shape[0]
    columns = np.arange(h - right, h + right + 1) % power.shape[1]
    return power[np.ix_(rows, columns)].sum(), len(rows) * len(columns)


def test_it_is_the_equation():
    image = noise(0, 96, 136, n=2) + torch.rand(2, 1, 1, 1) / 10
    found = loss(image, period=8)
    for rgb, value in zip(image.double().numpy(), found.tolist(), strict=True):
        grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
        window = np.outer(*(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n) for n in grey.shape))
        grey = grey - (grey * window).sum() / window.sum()
        power = np.abs(np.fft.fft2(grey * window)) ** 2
        terms = []
        for v in range(0, 96, 12):
            for h in range(0, 136, 17):
                peak, size = around(power, v, h, 1, 1)
                outer, many = around(power, v, h, 6, 8)
                inner, few = around(power, v, h, 3, 4)
                if v or h:
                    ratio = (peak / size) / ((outer - inner) / (many - few))
                    terms.append(max(0, np.sqrt(ratio) - 1.5))
        assert value == pytest.approx(np.mean(terms), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_weave_on_the_lattice_costs_and_one_beside_it_does_not(period: int):
    plain = loss(noise(1))
    assert loss(noise(1) + weave(period)) > plain + 0.02
    assert loss(noise(1) + weave(period * 1.25)) < plain + 0.01


def test_the_longest_period_is_an_option():
    woven = noise(1) + weave(8)
    assert loss(woven, period=4) < loss(noise(1), period=4) + 0.01


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_brightness_and_contrast_cost_about_nothing(seed: int):
    plain = loss(noise(seed))
    assert plain < 0.02
    torch.testing.assert_close(loss(noise(seed) / 2 + 0.2), plain, rtol=1e-3, atol=1e-3)


def test_a_flat_picture_has_a_finite_gradient():
    image = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    loss(image).sum().backward()
    assert torch.isfinite(image.grad).all()


def test_its_gradient_leads_along_the_weave():
    image = (noise(2) + weave(4)).requires_grad_()
    assert checkerboard(image[0].detach()) > 100
    loss(image).sum().backward()
    middle = image.grad[0].sum(0)[32:96, 32:96]  # the window leaves little of the edges
    assert torch.cosine_similarity(middle.flatten(), weave(4, 64).flatten(), dim=0) > 0.5


def test_small_crops_are_refused():
    with pytest.raises(ConfigError, match="at least 64 pixels, got 63 x 80"):
        loss(torch.rand(1, 3, 80, 63))


def test_it_needs_no_feature_network_and_has_a_name():
    objective = Objective({"weave": {"name": "lattice", "weight": 2.0}}, torch.nn.Identity())
    parts = objective(noise(3, n=2), objective.prepare(noise(4, n=2), noise(5, n=1)))
    torch.testing.assert_close(parts["weave"], loss(noise(3, n=2)).mean())
