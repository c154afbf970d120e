"""Between ComfyUI's tensors and pictures."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image


@pytest.fixture
def pictures(pack: ModuleType) -> Any:
    return sys.modules[f"{pack.__name__}.pictures"]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_become_batches(pictures: Any, channels: int) -> None:
    one = torch.rand(5, 7, channels)
    assert torch.equal(pictures.check_images(one, "image"), one[None])
    assert pictures.check_images(one[None].half(), "image").shape == (1, 5, 7, channels)


@pytest.mark.parametrize(
    "wrong",
    [
        torch.rand(1, 3, 8, 8),
        torch.rand(8, 8),
        torch.zeros(1, 8, 8, 3, dtype=torch.uint8),
        torch.rand(0, 8, 8, 3),
        torch.rand(1, 0, 8, 3),
        torch.rand(1, 8, 8, 2),
        None,
        [1],
    ],
)
def test_other_images_are_refused_by_name(pictures: Any, wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^painting: "):
        pictures.check_images(wrong, "painting")


def test_pictures_are_clipped_float_arrays(pictures: Any) -> None:
    array = pictures.to_picture(torch.tensor([[[-0.01, 0.5, 1.2]]], dtype=torch.float16))
    assert array.dtype == np.float32
    assert array.tolist() == [[[0.0, 0.5, 1.0]]]


@pytest.mark.parametrize(
    "mode, channels, shape",
    [
        ("RGB", 3, (2, 4, 3)),
        ("RGB", 1, (2, 4, 3)),
        ("RGBA", 4, (2, 4, 4)),
        ("RGB", 4, (2, 4, 4)),
    ],
)
def test_results_keep_the_channels(
    pictures: Any, mode: str, channels: int, shape: tuple[int, ...]
) -> None:
    image = pictures.to_image(Image.new(mode, (4, 2), (255, 51, 0)), channels)
    assert image.shape == shape
    assert torch.allclose(image[0, 0, :3], torch.tensor([1.0, 0.2, 0.0]))


@pytest.mark.parametrize("shape", [(9, 5), (2, 9, 5), (2, 1, 9, 5)])
def test_masks_become_batches(pictures: Any, shape: tuple[int, ...]) -> None:
    mask = torch.rand(shape)
    found = pictures.check_mask(mask, "mask")
    assert torch.equal(found, mask.reshape(-1, 9, 5))


def test_black_mask_of_64_pixels_is_none(pictures: Any) -> None:
    assert pictures.check_mask(None, "mask") is None
    assert pictures.check_mask(torch.zeros(1, 64, 64), "mask") is None
    assert pictures.check_mask(torch.zeros(64, 64), "mask") is None
    assert pictures.check_mask(torch.zeros(3, 64, 64), "mask") is None
    assert pictures.check_mask(torch.zeros(1, 65, 64), "mask") is not None
    drawn = torch.zeros(1, 64, 64)
    drawn[0, 3, 3] = 0.1
    assert pictures.check_mask(drawn, "mask") is not None


@pytest.mark.parametrize(
    "wrong",
    [
        torch.rand(1, 8, 8, 3),
        torch.rand(0, 8, 8),
        torch.rand(8),
        "white",
    ],
)
def test_other_masks_are_refused_by_name(pictures: Any, wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^mask_b: "):
        pictures.check_mask(wrong, "mask_b")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 4), st.floats(0, 1))
def test_flat_masks_stay_flat_at_any_size(
    pictures: Any, height: int, width: int, factor: int, value: float
) -> None:
    mask = torch.full((height, width), value)
    fitted = pictures.fit_mask(mask, height * factor, width * factor, "mask")
    assert fitted.shape == (height * factor, width * factor)
    assert torch.allclose(fitted, torch.full_like(fitted, value), atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_solid_masks_fit_every_picture(pictures: Any, value: float) -> None:
    mask = torch.full((64, 64), value)
    assert torch.equal(pictures.fit_mask(mask, 20, 90, "mask"), torch.full((20, 90), value))
    assert pictures.fit_mask(mask + 2, 2, 3, "mask").max() == 1


def test_masks_of_other_proportions_are_refused(pictures: Any) -> None:
    pictures.fit_mask(torch.rand(100, 200), 50, 101, "mask")  # a pixel of rounding is fine
    with pytest.raises(ValueError, match=r"^mask_a: the mask is 200 x 100 .* 60 x 50"):
        pictures.fit_mask(torch.rand(100, 200), 50, 60, "mask_a")


def test_masks_with_nan_are_refused_and_others_clipped(pictures: Any) -> None:
    mask = torch.tensor([[-0.5, 0.5], [1.5, 1.0]])
    assert pictures.fit_mask(mask, 2, 2, "mask").tolist() == [[0, 0.5], [1, 1]]
    mask[0, 0] = torch.nan
    with pytest.raises(ValueError, match=r"^mask: .*NaN"):
        pictures.fit_mask(mask, 2, 2, "mask")
