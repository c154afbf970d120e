"""Regularity of texture in flat regions."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from stylemix.metrics.flat_regions import BLOCK, FLAT, flat_blocks, regularity


def noise(seed, height=192, width=256, cell=1):
    random = torch.Generator().manual_seed(seed)
    small = torch.randn(1, 1, height // cell, width // cell, generator=random)
    return F.interpolate(small, (height, width), mode="bicubic")[0]


def gray(texture):
    return (0.5 + texture).clamp(0, 1).expand(3, -1, -1)


def dabs(step, jitter=0.0, height=192, width=256):
    """Draw round dabs in rows, each moved by up to ``jitter`` steps."""
    random = torch.Generator().manual_seed(3)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    out = torch.zeros(1, height, width)
    for row in range(0, height, step):
        for column in range(0, width, step):
            dy, dx = (torch.rand(2, generator=random) - 0.5) * 2 * jitter * step
            distance = (y - row - dy) ** 2 + (x - column - dx) ** 2
            out[0] += torch.exp(-distance / (step / 4) ** 2)
    return out


def test_a_grid_repeats_itself_and_noise_does_not():
    grid = regularity(gray(0.2 * dabs(10) - 0.1))
    loose = regularity(gray(0.2 * dabs(10, 0.5) - 0.1))
    smooth = regularity(gray(0.05 * noise(1, cell=4)))
    assert grid > 0.95
    assert smooth < 0.35
    assert smooth < loose + 0.1 < grid - 0.2


@pytest.mark.parametrize("step", [9, 14, 20])
@pytest.mark.parametrize("contrast", [0.05, 0.3])
def test_any_step_and_contrast(step, contrast):
    assert regularity(gray(contrast * dabs(step))) > 0.9


def test_flat_blocks_are_those_without_texture_whatever_their_slope():
    ramp = torch.linspace(-0.4, 0.4, 256).expand(1, 192, 256)
    assert flat_blocks(gray(ramp)).all()
    half = torch.cat([torch.zeros(1, 192, 128), 0.2 * noise(2, width=128)], 2)
    found = flat_blocks(gray(half)).view(-1, 256 // 32 - 1)
    assert found[:, :3].all() and not found[:, 3:].any()
    quiet = gray(0.5 * FLAT * noise(4))
    assert flat_blocks(quiet).all()


def test_only_the_asked_blocks_count():
    left = 0.2 * dabs(10) * (torch.arange(256) < 128) - 0.1
    picture = gray(left + 0.03 * noise(5, cell=3) * (torch.arange(256) >= 128))
    photograph = gray(torch.cat([torch.zeros(1, 192, 128), noise(6, width=128)], 2))
    assert regularity(picture, flat_blocks(photograph)) > 0.95
    assert regularity(picture, ~flat_blocks(photograph)) < 0.6


def test_nothing_to_look_at_is_no_number():
    assert math.isnan(regularity(torch.full((3, 128, 128), 0.5)))
    assert math.isnan(regularity(torch.rand(3, BLOCK - 1, 200)))
    assert math.isnan(regularity(torch.rand(3, 128, 128), torch.zeros(9, dtype=torch.bool)))
    assert flat_blocks(torch.rand(3, 20, 20)).shape == (0,)
