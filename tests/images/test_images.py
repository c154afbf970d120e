"""Pictures in one form, and back to PIL."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.errors import PictureError
from stylemix.images import read, to_float, to_pil


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_to_float_divides_bytes_only() -> None:
    out = to_float(torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(3, 1, 1))
    assert out.shape == (1, 3, 1, 1)
    assert torch.equal(out.flatten(), torch.tensor([0, 0.2, 1]))
    assert torch.equal(to_float(torch.full((1, 3, 2, 2), 0.25)), torch.full((1, 3, 2, 2), 0.25))


@given(seed=st.integers(0, 99), transparent=st.booleans(), floats=st.booleans())
@settings(max_examples=30, deadline=None)
def test_to_pil_gives_back_what_was_read(seed: int, transparent: bool, floats: bool) -> None:
    array = noise(5, 7, 4 if transparent else 3, seed=seed).clip(1)
    got = read(array)
    rgb = got.pixels / 255 if floats else got.pixels
    image = to_pil(rgb, got.alpha, b"profile")
    assert image.mode == ("RGBA" if transparent else "RGB")
    assert image.info["icc_profile"] == b"profile"
    np.testing.assert_array_equal(np.asarray(image), array)


def test_to_pil_clips_rounds_and_works_in_steps() -> None:
    row = torch.tensor([-0.5, 0.5 / 255 - 1e-4, 0.5 / 255 + 1e-4, 2.0])
    tall = row.expand(3, 400_000, 4)  # several steps
    pixels = np.asarray(to_pil(tall))
    assert (pixels == np.array([0, 0, 1, 255], np.uint8)[None, :, None]).all()
    assert "icc_profile" not in to_pil(tall[:, :2]).info


def test_to_pil_refuses_values_that_are_no_numbers() -> None:
    with pytest.raises(PictureError, match="weights are damaged"):
        to_pil(torch.full((3, 2, 2), torch.nan))


def test_hidden_colors_come_back_where_the_picture_itself_does() -> None:
    array = noise(9, 9, 4)
    array[:4, :, 3] = 0
    kept = read(array, keep_space=True)
    np.testing.assert_array_equal(np.asarray(kept.to_pil()), array)
    changed = array.copy()
    changed[:4, :, :3] = 255 - changed[:4, :, :3]
    other = read(changed, keep_space=True)
    assert torch.equal(kept.pixels, other.pixels)
    assert torch.equal(read(array).pixels, kept.pixels)
    # What is drawn anew says nothing of them.
    drawn = torch.from_numpy(noise(3, 9, 9, seed=5))
    np.testing.assert_array_equal(np.asarray(kept.drawn(drawn)), np.asarray(other.drawn(drawn)))
    assert read(noise(9, 9, 3), keep_space=True).beyond is None


@given(seed=st.integers(0, 99), size=st.integers(3, 30), floats=st.booleans())
def test_resized_pictures_do_not_show_what_is_hidden(seed: int, size: int, floats: bool) -> None:
    array = noise(12, 15, 4, seed=seed)
    array[..., 3] = np.where(array[..., 3] < 100, 0, array[..., 3])
    other = array.copy()
    other[array[..., 3] == 0, :3] = 255 - array[array[..., 3] == 0, :3]
    if floats:
        array, other = array.astype(np.float32) / 255, other.astype(np.float32) / 255
    one, two = (read(a, keep_space=True).resized(size) for a in (array, other))
    assert torch.equal(one.pixels, two.pixels) and torch.equal(one.alpha, two.alpha)
    seen = one.alpha.numpy() > 0
    ones, twos = (np.asarray(r.to_pil()).astype(int)[seen] for r in (one, two))
    assert np.abs(ones - twos).max() <= 255 if size == 15 else True
    if size != 15:
        shown = ones[:, 3:] / 255 * np.abs(ones[:, :3] - twos[:, :3])
        assert shown.max() <= 1


def test_only_the_better_visible_half_is_a_paintings_own() -> None:
    array = np.full((6, 8, 4), 60, np.uint8)
    array[:, 4:, :3] = 200
    array[:, :, 3] = [255, 255, 255, 255, 100, 100, 0, 0]
    assert (read(array).mostly_visible() == 60).all()
    # Of one that is faint all over, the less faint half counts.
    array[:, :, 3] = [20, 20, 20, 20, 4, 4, 0, 0]
    assert (read(array).mostly_visible() == 60).all()
    array[:, :, 3] = 90
    assert torch.equal(read(array).mostly_visible(), read(array).pixels)
