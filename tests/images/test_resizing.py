"""Resizing: sides, filters, and what transparency counts for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.images import resize
from stylemix.images.resizing import resize_difference, resize_visible


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    target=st.integers(1, 50),
    value=st.integers(0, 255),
    floats=st.booleans(),
    batch=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_resize_hits_the_side_and_keeps_flat_pictures(
    height: int, width: int, target: int, value: int, floats: bool, batch: bool
) -> None:
    picture = torch.full((3, height, width), value, dtype=torch.uint8)
    if floats:
        picture = picture / 255
    if batch:
        picture = picture[None]
    for name, side in (("short_side", min), ("long_side", max)):
        out = resize(picture, **{name: target})  # type: ignore[arg-type]
        assert side(out.shape[-2:]) == target
        assert out.dtype == picture.dtype and out.ndim == picture.ndim
        expected = picture.flatten()[0].float()
        assert (out.float() - expected).abs().max() <= 1e-5
        ratio = target / side(height, width)
        assert abs(out.shape[-2] - max(1, height * ratio)) <= 0.5
        assert abs(out.shape[-1] - max(1, width * ratio)) <= 0.5


def test_shrinking_is_antialiased_and_does_not_ring_out_of_range() -> None:
    stripes = torch.zeros(3, 64, 64)
    stripes[:, :, ::2] = 1
    out = resize(stripes, short_side=16)
    assert (out[:, :, 2:-2] - 0.5).abs().max() < 0.05  # without a filter it is all 0 or 1
    edge = torch.zeros(3, 64, 64)
    edge[:, :, 32:] = 1
    assert resize(edge, long_side=100).aminmax() == (0.0, 1.0)


def test_resize_to_its_own_size_changes_nothing() -> None:
    picture = torch.from_numpy(noise(3, 7, 5))
    assert torch.equal(resize(picture, long_side=7), picture)


@pytest.mark.parametrize(
    "sides",
    [
        {},
        {"short_side": 4, "long_side": 4},
        {"short_side": 0},
        {"long_side": 2.5},
        {"long_side": True},
    ],
)
def test_resize_refuses_wrong_sides(sides: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="side"):
        resize(torch.zeros(3, 4, 4), **sides)  # type: ignore[arg-type]


def cut_out(hidden: int, size: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Give a red disc on ``hidden``, and its opacity."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    inside = (y - size / 2) ** 2 + (x - size / 2) ** 2 < (0.4 * size) ** 2
    colors = torch.full((3, size, size), hidden, dtype=torch.uint8)
    colors[:, inside] = torch.tensor([[200], [30], [60]], dtype=torch.uint8)
    return colors, inside.to(torch.uint8) * 255


@pytest.mark.parametrize("side", [11, 32, 70])
@pytest.mark.parametrize("floats", [False, True])
def test_hidden_colors_do_not_bleed_into_edges(side: int, floats: bool) -> None:
    for hidden in (0, 255):
        colors, alpha = cut_out(hidden)
        got, opacity = resize_visible(colors / 255 if floats else colors, alpha, long_side=side)
        shown = opacity > 32
        assert bool(shown.any()) and not bool(shown.all()) and got.shape == (3, side, side)
        levels = got * 255 if floats else got.double()
        wanted = torch.tensor([[200.0], [30], [60]])
        assert (levels[:, shown] - wanted).abs().max() <= 1
        plain = resize(alpha[None] / 255, long_side=side)[0] * 255
        assert (opacity - plain).abs().max() <= 1


def test_opaque_pictures_are_resized_as_ever() -> None:
    colors = torch.from_numpy(noise(3, 20, 30))
    opaque = torch.full((20, 30), 255, dtype=torch.uint8)
    got, alpha = resize_visible(colors, opaque, long_side=17)
    assert (got.int() - resize(colors, long_side=17).int()).abs().max() <= 1
    assert (alpha == 255).all()


def test_differences_are_resized_with_their_sign() -> None:
    difference = torch.zeros(3, 8, 8, dtype=torch.int16)
    difference[0], difference[1], difference[2, :, 4:] = -200, 90, 255
    alpha = torch.full((8, 8), 255, dtype=torch.uint8)
    alpha[:, 4:] = 0
    got = resize_difference(difference, None, 4, 4)
    assert got.dtype == torch.int16
    assert (got[0] == -200).all() and (got[1] == 90).all()
    assert (got[2, :, 3] - 255).abs().max() < 5 and (got[2, :, 0]).abs().max() < 5
    assert resize_difference(difference, alpha, 4, 4)[:, :, 3].abs().max() < 10
