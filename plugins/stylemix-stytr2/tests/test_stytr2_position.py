"""Content-aware positions: the same for the same content at every size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from stylemix_stytr2.position import ContentAwarePosition


def _position(channels: int = 3, grid: int = 4) -> ContentAwarePosition:
    torch.manual_seed(0)
    return ContentAwarePosition(channels, grid).double()


def _map(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_it_is_the_equation_written_out() -> None:
    position, n = _position(), 4
    x = _map(1, 3, 8, 12)
    parts = x.numpy().reshape(3, n, 2, n, 3).mean((2, 4))
    weight = position.project.weight.detach().numpy()[:, :, 0, 0]
    bias = position.project.bias
    assert bias is not None
    parts = np.einsum("oc,ckl->okl", weight, parts) + bias.detach().numpy()[:, None, None]

    def bilinear(size: int) -> np.ndarray:
        """Give a_kl of one direction, [size, n]: part k lies at (k + 1/2) / n of the map."""
        a = np.zeros((size, n))
        for i in range(size):
            at = np.clip((i + 0.5) / size * n - 0.5, 0, n - 1)
            low = min(int(at), n - 2)
            a[i, low], a[i, low + 1] = 1 - (at - low), at - low
        return a

    wanted = np.einsum("yk,xl,ckl->cyx", bilinear(8), bilinear(12), parts)
    assert np.abs(position(x)[0].detach().numpy() - wanted).max() < 1e-12


@pytest.mark.parametrize(
    "height, width, tolerance",
    [
        (36, 36, 0.02),
        (36, 54, 0.02),
        (20, 27, 0.1),  # 18 doesn't divide it: neighbouring parts share a row
    ],
)
def test_a_picture_twice_as_large_has_the_same_positions(
    height: int, width: int, tolerance: float
) -> None:
    position = _position(grid=18)
    x = F.interpolate(_map(1, 3, 6, 6), size=(height, width), mode="bicubic")
    twice = F.interpolate(x, scale_factor=2, mode="nearest")
    with torch.no_grad():
        small, large = position(x), F.avg_pool2d(position(twice), 2)
    error = (small - large).square().mean().sqrt()
    assert error < tolerance * small.std()


def test_positions_follow_the_content() -> None:
    position = _position()
    x = _map(1, 3, 8, 8)
    assert torch.allclose(position(x.flip(3)), position(x).flip(3), atol=1e-12)
    assert not torch.allclose(position(x), position(x.flip(3)), atol=1e-2)


def test_maps_smaller_than_the_grid_have_positions_too() -> None:
    assert torch.isfinite(_position(grid=18)(_map(2, 3, 2, 5))).all()
