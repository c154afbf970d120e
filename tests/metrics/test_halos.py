"""A glow beside strong edges."""

from __future__ import annotations

import math

import pytest
import torch

from stylemix.metrics.halos import overshoot


def edge(angle, glow=0.0, side=1, size=120):
    """Draw a bright half, whose rim glows by so much; a dark one that is darker there."""
    y, x = torch.meshgrid(
        torch.arange(size) - size / 2, torch.arange(size) - size / 2, indexing="ij"
    )
    across = x * math.cos(angle) + y * math.sin(angle)
    picture = torch.sigmoid(across / 0.7) * 0.6 + 0.2
    rim = torch.exp(-(across.abs() - 7).clamp_min(0) / 4)
    return (picture + side * glow * rim * (side * across > 0)).expand(3, -1, -1)


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, 2.5])
@pytest.mark.parametrize("side", [1, -1])
def test_a_glow_on_either_side_is_measured(angle, side):
    photograph = edge(angle)
    assert abs(overshoot(photograph, photograph)) < 1e-9
    found = overshoot(edge(angle, 0.1, side), photograph)
    # Half of the sides glow, and nine pixels further on e^(-9 / 4) of it is left.
    assert found == pytest.approx(0.1 * (1 - math.exp(-9 / 4)) / 2, rel=0.15)
    assert overshoot(edge(angle, -0.1, side), photograph) == pytest.approx(-found, rel=0.15)


def test_other_colors_and_contrast_are_no_halo():
    photograph = edge(0.3)
    assert abs(overshoot(0.2 + 0.5 * photograph, photograph)) < 0.01
    assert abs(overshoot(1 - photograph, photograph)) < 0.01


def test_no_strong_edge_is_no_number():
    ramp = torch.linspace(0, 1, 100).expand(3, 100, 100)
    assert math.isnan(overshoot(ramp, ramp))
