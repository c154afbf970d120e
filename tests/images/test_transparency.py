"""Hidden colors: that they count for nothing, and what stands in their place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.images import fill_hidden
from stylemix.images import transparency as module


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


@given(height=st.integers(1, 12), width=st.integers(1, 12), seed=st.integers(0, 99))
def test_every_hidden_pixel_gets_a_visible_color(height: int, width: int, seed: int) -> None:
    visible = noise(height, width, seed=seed) > 160
    colors, other = noise(3, height, width, seed=seed + 1), noise(3, height, width, seed=seed + 2)
    filled = fill_hidden(colors, visible)
    assert torch.equal(filled[:, visible], colors[:, visible])
    assert torch.equal(filled, fill_hidden(torch.where(visible, colors, other), visible))
    if visible.any():
        known = {tuple(c) for c in colors[:, visible].T.tolist()}
        assert {tuple(c) for c in filled.flatten(1).T.tolist()} <= known
    else:
        assert (filled == 128).all()


def test_the_visible_part_is_mirrored_at_its_border() -> None:
    row = torch.tensor([9, 9, 9, 10, 20, 30, 40, 9, 9], dtype=torch.uint8)
    visible = torch.tensor([False] * 3 + [True] * 4 + [False] * 2)
    filled = fill_hidden(row.expand(3, 2, -1), visible.expand(2, -1))
    assert filled[0, 0].tolist() == [30, 20, 10, 10, 20, 30, 40, 40, 30]
    tall = fill_hidden(row.expand(3, 2, -1).transpose(1, 2), visible.expand(2, -1).T)
    assert torch.equal(tall, filled.transpose(1, 2))


def test_a_mirror_reaches_as_far_as_it_has_to() -> None:
    row = torch.tensor([1, 2, 0, 0, 0, 0, 0, 0, 0], dtype=torch.uint8)
    visible = torch.tensor([True] * 2 + [False] * 7)
    filled = fill_hidden(row.expand(3, 1, -1), visible[None])
    assert filled[0, 0].tolist() == [1, 2, 2, 1, 1, 2, 2, 1, 1]


def test_nothing_hidden_is_the_picture_itself() -> None:
    colors = noise(3, 4, 5)
    assert fill_hidden(colors, torch.ones(4, 5, dtype=torch.bool)) is colors
    hidden = torch.zeros(4, 5, dtype=torch.bool)
    assert (fill_hidden(colors / 255, hidden) == 0.5).all()


@pytest.mark.parametrize("floats", [False, True])
def test_large_pictures_are_filled_through_a_smaller_one(
    monkeypatch: pytest.MonkeyPatch, floats: bool
) -> None:
    monkeypatch.setattr(module, "_LARGEST", 400)
    y, x = torch.meshgrid(torch.arange(60), torch.arange(90), indexing="ij")
    colors = torch.stack([2 * x, 4 * y, x + y]).to(torch.uint8)
    visible = (y - 30) ** 2 + (x - 45) ** 2 < 400
    other = torch.where(visible, colors, 255)
    if floats:
        colors, other = colors / 255, other / 255
    filled = fill_hidden(colors, visible)
    assert torch.equal(filled[:, visible], colors[:, visible])
    assert torch.equal(filled, fill_hidden(other, visible))
    inside = colors[:, visible]
    hidden = filled[:, ~visible]
    for c in range(3):
        assert inside[c].min() - 1e-4 <= hidden[c].min()
        assert hidden[c].max() <= inside[c].max() + 1e-4
    # As varied as what is visible, unlike one color or a smooth rim.
    ratio = hidden.double().std(1) / inside.double().std(1)
    assert ((ratio > 0.6) & (ratio < 1.5)).all()


def test_texture_and_colors_are_those_of_the_visible_part() -> None:
    rng = np.random.default_rng(0)
    colors = torch.from_numpy(rng.normal(120, 30, (3, 64, 64)).clip(0, 255).astype(np.uint8))
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    visible = (y - 32) ** 2 + (x - 32) ** 2 < 600
    filled = fill_hidden(torch.where(visible, colors, 255), visible)[:, ~visible].double()
    own = colors[:, visible].double()
    assert ((filled.mean(1) - own.mean(1)).abs() < 5).all()
    assert ((filled.std(1) / own.std(1) - 1).abs() < 0.2).all()
