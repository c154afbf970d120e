"""Colour preservation: luminance of one picture, chroma of the other."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from stylemix.images.color import desaturate, luma, match_moments, preserve_color

seeds = st.integers(0, 2**31)


def picture(seed: int, height: int = 6, width: int = 5) -> Tensor:
    """Give random colours, with pure and extreme ones among them."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(3, height, width, generator=generator)
    pure = torch.rand(1, height, width, generator=generator) < 0.3
    return torch.where(pure, x.round(), x)


def chroma(x: Tensor) -> Tensor:
    """Give I and Q of YIQ [2, H, W]."""
    matrix = torch.tensor([[0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
    return torch.einsum("ic,chw->ihw", matrix, x)


@given(seed=seeds)
@settings(max_examples=50, deadline=None)
def test_own_luminance_changes_nothing(seed: int) -> None:
    x = picture(seed)
    assert torch.equal(preserve_color(x, x), x)


@given(first=seeds, second=seeds)
@settings(max_examples=100, deadline=None)
def test_luminance_of_the_output_and_hue_of_the_content(first: int, second: int) -> None:
    output, content = picture(first), picture(second)
    got = preserve_color(output, content)
    assert got.dtype == torch.float32 and got.min() >= 0 and got.max() <= 1
    torch.testing.assert_close(luma(got), luma(output), atol=1e-5, rtol=0)
    wanted, have = chroma(content), chroma(got)
    # The same direction: the cross product vanishes and the dot product is not negative.
    cross = wanted[0] * have[1] - wanted[1] * have[0]
    assert cross.abs().max() < 1e-5 and (wanted * have).sum(0).min() > -1e-6
    # Never more colourful, and exactly as colourful where that fits into [0, 1].
    assert (have.norm(dim=0) <= wanted.norm(dim=0) + 1e-5).all()
    shifted = content + luma(output) - luma(content)
    fits = ((shifted >= 0) & (shifted <= 1)).all(0)
    torch.testing.assert_close(have[:, fits], wanted[:, fits], atol=1e-5, rtol=0)


def test_a_known_value() -> None:
    content = torch.tensor([0.5, 0.25, 0.25]).reshape(3, 1, 1)  # Y = 0.32475
    output = torch.full((3, 1, 1), 0.42475)
    torch.testing.assert_close(
        preserve_color(output, content).flatten(), torch.tensor([0.6, 0.35, 0.35])
    )


def test_grey_content_gives_grey_and_extremes_have_no_color() -> None:
    grey = picture(1)[:1].repeat(3, 1, 1)
    got = preserve_color(picture(2), grey)
    torch.testing.assert_close(got, luma(picture(2)).repeat(3, 1, 1), atol=1e-6, rtol=0)
    for value in (0.0, 1.0):
        flat = torch.full((3, 6, 5), value)
        torch.testing.assert_close(preserve_color(flat, picture(3)), flat, atol=1e-6, rtol=0)


def test_steps_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    output, content = picture(4, 33, 7), picture(5, 33, 7)
    whole = preserve_color(output, content)
    monkeypatch.setattr("stylemix.images.color._CHUNK", 70)
    assert torch.equal(preserve_color(output, content), whole)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="of one size"):
        preserve_color(torch.zeros(3, 4, 4), torch.zeros(3, 4, 5))


@given(seed=seeds)
def test_grey_has_the_luminance_and_no_chroma(seed: int) -> None:
    x = torch.stack([picture(seed), picture(seed + 1)])
    found = desaturate(x)
    for one, drained in zip(x, found, strict=True):
        assert torch.equal(drained, luma(one).expand(3, -1, -1))
        assert chroma(drained).abs().max() < 1e-3


def test_matched_moments_are_those_of_the_other_pictures():
    content, style = (torch.rand(2, 3, 20, 24) * a + b for a, b in ((0.2, 0.4), (0.3, 0.3)))
    found = match_moments(content, style)
    for moment in ("mean", "std"):
        torch.testing.assert_close(
            getattr(found, moment)((2, 3)), getattr(style, moment)((2, 3)), rtol=1e-3, atol=1e-3
        )
    torch.testing.assert_close(match_moments(content, content), content)


def test_a_flat_channel_takes_the_mean_alone():
    content = torch.full((1, 3, 4, 4), 0.25)
    style = torch.rand(1, 3, 4, 4)
    torch.testing.assert_close(
        match_moments(content, style), style.mean((2, 3), keepdim=True).expand_as(content)
    )


def test_luma_of_a_batch_is_that_of_each():
    images = torch.rand(2, 3, 5, 6)
    assert torch.equal(luma(images), torch.stack([luma(x) for x in images]))
    gray = torch.full((3, 2, 2), 0.3)
    assert torch.equal(luma(gray), gray[:1])
