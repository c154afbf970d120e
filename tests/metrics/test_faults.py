"""All faults of one pair in one record."""

from __future__ import annotations

import pytest
import torch

from stylemix.metrics import artifacts
from stylemix.metrics.faults import faults, flat_faults
from stylemix.metrics.flat_regions import flat_blocks, regularity
from stylemix.metrics.halos import overshoot


def scene():
    """Draw a dark tower before a calm sky."""
    photograph = torch.full((3, 160, 200), 0.7)
    photograph[:, :, 120:150] = 0.2
    return photograph


def test_levels_are_compared_with_the_photographs():
    photograph = scene()
    checkered = (photograph + 0.1 * (torch.arange(200) % 2 * 2 - 1)).clamp(0, 1)
    own = artifacts.measure(photograph)
    found = faults(checkered, own)
    assert found["checkerboard_alarm"] == 1
    assert found["checkerboard_over"] == pytest.approx(found["checkerboard"] - own.checkerboard)
    assert not any(v for k, v in faults(photograph, own).items() if k.endswith(("_over", "_alarm")))


def test_flat_regions_and_edges():
    photograph = scene()
    rows = 0.05 * torch.sin(torch.arange(200) * (2 * torch.pi / 10))
    output = photograph + rows * torch.sin(torch.arange(160) * (2 * torch.pi / 10))[:, None]
    flat = flat_blocks(photograph)
    found = flat_faults(output, photograph, flat, 0.25)
    assert found["regularity"] == regularity(output, flat) > 0.9
    assert found["regularity_over"] == pytest.approx(found["regularity"] - 0.25)
    assert found["halo"] == overshoot(output, photograph)


def test_what_the_photograph_has_no_place_for_is_left_out():
    noise = torch.rand(3, 128, 128, generator=torch.Generator().manual_seed(0))
    assert "regularity" not in flat_faults(noise, noise, flat_blocks(noise), 0.2)
    gray = torch.full((3, 128, 128), 0.5)
    assert "halo" not in flat_faults(noise, gray, flat_blocks(gray), 0.2)
