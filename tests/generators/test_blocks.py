"""Tests of the building block: convolution, normalisation, injection, upsampling."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from stylemix.generators.blocks import ConvUnit, double
from stylemix.injections import Concat
from stylemix.injections.style import Style, StyleMix
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


@pytest.mark.parametrize(
    ("kernel", "stride", "upsample"), [(3, 1, False), (3, 2, False), (9, 1, True)]
)
def test_constant_channels_are_spared_the_convolution_without_changing_it(kernel, stride, upsample):
    """Weights given as full maps take the long way: widen the map, and convolve it."""
    torch.manual_seed(0)
    unit = ConvUnit(
        "unit",
        3,
        5,
        kernel,
        lambda site: {"c": Concat(site, {"embedding": 4})} if site.slot == "conv" else {},
        stride_in=1,
        stride=stride,
        upsample=upsample,
    )
    concat = unit.before.injections["c"]
    styles = tuple(
        Style({"unit.conv/c": concat.prepare({"embedding": 5 * torch.randn(1, 4)})}, "")
        for _ in range(2)
    )
    x = torch.randn(2, 3, 8, 9)
    short = StyleMix(styles, (torch.full((1, 1, 1, 1), 0.3), torch.full((1, 1, 1, 1), 0.7)))
    full = StyleMix(styles, tuple(w.expand(1, 1, 8, 9) for w in short.weights))
    assert short.uniform
    assert not full.uniform
    torch.testing.assert_close(unit(x, short), unit(x, full), atol=1e-4, rtol=1e-4)
    single = StyleMix.single(styles[0])
    widened = unit.before(unit.moments.normalize(x), single)
    torch.testing.assert_close(unit(x, single), unit._convolve(widened), atol=1e-4, rtol=1e-4)
    assert (unit(x, single) - unit(x, short)).abs().max() > 1e-2


def test_a_unit_without_injections_written_out():
    torch.manual_seed(0)
    unit = ConvUnit("up1", 3, 5, 3, nothing, stride_in=4, upsample=True)
    with torch.no_grad():
        unit.weight.uniform_(0.5, 2)
        unit.bias.uniform_(-1, 1)
    x = torch.randn(2, 3, 6, 7)
    large = F.pad(double(x), (1,) * 4, mode="reflect")
    y = F.conv2d(large, unit.conv.weight)
    y = (y - y.mean((2, 3), keepdim=True)) / (
        y.var((2, 3), correction=0, keepdim=True) + 1e-3
    ).sqrt()
    wanted = y * unit.weight.view(1, -1, 1, 1) + unit.bias.view(1, -1, 1, 1)
    torch.testing.assert_close(unit(x, None), wanted, atol=1e-5, rtol=1e-4)
