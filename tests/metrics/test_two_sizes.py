from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stylemix.backbones import feature_net
from stylemix.images import resize
from stylemix.metrics.resonance import resonance
from stylemix.metrics.two_sizes import finest_octave, overshoot, two_sizes


@pytest.fixture(scope="module")
def net():
    return feature_net("thin")


def texture(height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, height, width, generator=generator)


def test_the_photograph_itself_is_alike_at_both_sizes_and_as_sharp(net):
    photograph = resize(texture(96, 128), long_side=256)
    found = two_sizes(lambda x: x, photograph, net, small=64, large=256)
    assert found["sizes_psnr"] > 40
    assert found["sizes_style"] < 0.02
    assert found["sizes_sharpness"] == pytest.approx(1)
    assert found["sizes_halos"] < 0.1
    assert found["sizes_resonance"] == pytest.approx(resonance(photograph))


def test_hatching_of_the_large_result_shows(net):
    photograph = resize(texture(96, 128), long_side=256)

    def draw(x: torch.Tensor) -> torch.Tensor:
        large = x.shape[2] == 256
        return (x + 0.1 * large * torch.sin(torch.arange(x.shape[2]) * 1.4)).clamp(0, 1)

    plain, hatched = (
        two_sizes(f, photograph, net, small=64, large=256) for f in (lambda x: x, draw)
    )
    assert hatched["sizes_resonance"] > 2 * plain["sizes_resonance"]


def test_texture_of_a_fixed_size_in_pixels_is_not_alike(net):
    def draw(x: torch.Tensor) -> torch.Tensor:
        dabs = texture(256, 256)[:, : x.shape[1], : x.shape[2]]
        return (x + dabs - 0.5).clamp(0, 1)

    found = two_sizes(draw, torch.full((3, 192, 256), 0.5), net, small=64, large=256)
    assert found["sizes_psnr"] < 15
    assert found["sizes_style"] > 0.2


def test_an_enlargement_is_alike_and_not_sharp(net):
    photograph = texture(192, 256)

    def draw(x: torch.Tensor) -> torch.Tensor:
        small = F.interpolate(x[None], (48, 64), mode="bicubic", antialias=True)
        return F.interpolate(small, x.shape[-2:], mode="bicubic")[0].clamp(0, 1)

    found = two_sizes(draw, photograph, net, small=64, large=256)
    assert found["sizes_psnr"] > 30
    assert found["sizes_sharpness"] < 0.1


def test_finest_octave_is_the_deviation_of_single_pixels_and_none_of_a_slope():
    board = torch.zeros(3, 32, 32)
    board[:, ::2, ::2] = board[:, 1::2, 1::2] = 0.2
    assert finest_octave(board) == pytest.approx(0.1, abs=0.01)
    slope = torch.linspace(0, 1, 64).expand(3, 64, 64)
    assert finest_octave(slope) < 0.005


def test_overshoot_sees_a_halo_and_no_sharp_edge():
    small = torch.full((3, 16, 16), 0.2)
    small[:, :, 8:] = 0.8
    sharp = torch.full((3, 64, 64), 0.2)
    sharp[:, :, 32:] = 0.8
    assert overshoot(sharp, small) == pytest.approx(0, abs=1e-6)
    halo = sharp.clone()
    halo[:, :, 30:32] = 0.1
    assert overshoot(halo, small) == pytest.approx(0.1 * 2 / 64, abs=1e-4)
