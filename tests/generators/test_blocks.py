"""Tests of the building block: convolution, normalisation, injection, upsampling."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from stylemix.generators.blocks import ConvUnit, double
from stylemix.types import Site


def nothing(site: Site) -> list:
    return []


@pytest.mark.parametrize("cycles", [1, 5, 12, 15])
def test_mirror_images_of_doubling_are_weakened_to_a_cosines_cube(cycles):
    side = 32
    wave = torch.cos(2 * math.pi * cycles / side * torch.arange(side, dtype=torch.float64))
    around = wave.repeat(3)[None, None, None].expand(1, 1, 4, -1)
    large = double(around)[0, 0, 3, 2 * side : 4 * side]  # one period, away from the edges
    found = torch.fft.rfft(large).abs() / side
    wanted = torch.zeros(side + 1, dtype=torch.float64)
    for frequency in (cycles, side - cycles):
        wanted[frequency] = math.cos(math.pi * frequency / (2 * side)) ** 3
    torch.testing.assert_close(found, wanted)


def test_doubling_leaves_edges_and_flat_maps_as_they_are():
    x = torch.rand(2, 3, 5, 4)
    torch.testing.assert_close(double(x)[:, :, ::9, ::7], x[:, :, ::4, ::3])
    flat = torch.full((1, 1, 3, 3), 0.3)
    torch.testing.assert_close(double(flat), torch.full((1, 1, 6, 6), 0.3))


def test_a_unit_without_injections_written_out():
    torch.manual_seed(0)
    unit = ConvUnit("up1", 3, 5, 3, nothing, stride_in=4, upsample=True)
    with torch.no_grad():
        unit.weight.uniform_(0.5, 2)
        unit.bias.uniform_(-1, 1)
    x = torch.randn(2, 3, 6, 7)
    large = F.pad(double(x), (1,) * 4, mode="reflect")
    y = F.conv2d(large, unit.conv.weight)
    y = (y - y.mean((2, 3), keepdim=True)) / (y.var((2, 3), correction=0, keepdim=True)
                                               + 1e-3).sqrt()
    wanted = y * unit.weight.view(1, -1, 1, 1) + unit.bias.view(1, -1, 1, 1)
    torch.testing.assert_close(unit(x, None), wanted, atol=1e-5, rtol=1e-4)
