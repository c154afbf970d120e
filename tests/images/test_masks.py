"""Masks of every size and kind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.errors import PictureError
from stylemix.images import read_mask


def test_mask_luminance_and_transparency() -> None:
    color = np.array(
        [[[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 51]]], np.uint8
    )
    mask = read_mask(color, 1, 4)
    assert mask.shape == (1, 1, 1, 4) and mask.dtype == torch.float32
    torch.testing.assert_close(mask.flatten(), torch.tensor([0.299, 0.587, 0.114, 0.2]))


@given(
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    own=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
@settings(max_examples=60, deadline=None)
def test_white_masks_are_exactly_one(height: int, width: int, own: tuple[int, int]) -> None:
    white = np.full(own, 255, np.uint8)
    try:
        got = read_mask(white, height, width)
    except PictureError:
        ratio = own[0] * width / (own[1] * height)
        assert not 0.98 < ratio < 1.02
    else:
        assert torch.equal(got, torch.ones(1, 1, height, width))


@pytest.mark.parametrize("size", [(60, 40), (40, 64), (44, 60), (1, 1)])
def test_masks_of_other_proportions_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=r"60 x 40: crop or resize the mask"):
        read_mask(np.ones(size, bool), 40, 60)


def test_a_mask_for_a_shrunk_picture_fits() -> None:
    # 1000 x 667 shrunk to a long side of 10 is 10 x 7: off by 5 %, but only by rounding.
    assert read_mask(np.ones((667, 1000), bool), 7, 10).shape == (1, 1, 7, 10)


@pytest.mark.parametrize("size", [(40, 60), (20, 30), (100, 150), (101, 151), (67, 100)])
def test_masks_of_another_size_are_resized(size: tuple[int, int]) -> None:
    mask = np.zeros(size, bool)
    mask[:, size[1] // 2 :] = True
    got = read_mask(mask, 40, 60)
    assert got.shape == (1, 1, 40, 60)
    assert bool((got[..., :27] == 0).all()) and bool((got[..., 33:] == 1).all())  # exactly
