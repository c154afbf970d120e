"""Arrays and tensors: shapes, values, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylemix.errors import PictureError
from stylemix.images import read


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    channels=st.sampled_from([0, 1, 3, 4]),
    seed=st.integers(0, 99),
    layout=st.sampled_from(["plain", "flipped", "read-only"]),
)
@settings(max_examples=60, deadline=None)
def test_uint8_arrays_keep_every_value(
    height: int, width: int, channels: int, seed: int, layout: str
) -> None:
    array = noise(*((height, width, channels) if channels else (height, width)), seed=seed)
    if layout == "flipped":
        array = array[::-1, ::-1]
    elif layout == "read-only":
        array.setflags(write=False)
    got = read(array, keep_space=True)
    planes = array.reshape(height, width, channels or 1)
    for channel in range(3):
        expected = planes[..., channel if channels >= 3 else 0]
        np.testing.assert_array_equal(np.asarray(got.to_pil())[..., channel], expected)
    assert (got.alpha is not None) == (channels == 4)
    if got.alpha is not None:
        np.testing.assert_array_equal(got.alpha.numpy(), planes[..., 3])
    assert got.pixels.dtype == torch.uint8 and got.profile is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_float_arrays_stay_floats(dtype: object) -> None:
    array = (noise(4, 5, 4) / 255).astype(dtype)
    array[..., 3] = array[..., 3].clip(0.1)
    got = read(array)
    assert got.pixels.dtype == torch.float32
    np.testing.assert_array_equal(
        got.pixels.numpy(), array[..., :3].astype(np.float32).transpose(2, 0, 1)
    )
    np.testing.assert_array_equal(
        got.alpha.numpy(), np.round(array[..., 3].astype(np.float32) * 255).astype(np.uint8)
    )


def test_rounding_overshoot_is_clipped() -> None:
    assert read(np.array([[1.00001, -0.00001]])).pixels.aminmax() == (0.0, 1.0)


def test_reading_does_not_alias_arrays() -> None:
    array = noise(3, 3, 3)
    got = read(array)
    before = got.pixels.clone()
    array[:] = 0
    assert torch.equal(got.pixels, before)


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 3, 4, 5), (1, 4, 5)])
@pytest.mark.parametrize("kind", ["uint8", "float", "bool", "double"])
def test_tensors(shape: tuple[int, ...], kind: str) -> None:
    values = torch.rand(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    tensor = {
        "uint8": (values * 255).to(torch.uint8),
        "float": values.float(),
        "bool": values > 0.5,
        "double": values,
    }[kind]
    rgb = read(tensor).pixels
    expected = (tensor[0] if tensor.ndim == 4 else tensor).expand(3, 4, 5)
    if kind == "bool":
        assert torch.equal(rgb, expected.to(torch.uint8) * 255)
    else:
        assert torch.equal(rgb, expected.to(torch.uint8 if kind == "uint8" else torch.float32))


def test_a_tensor_with_gradients_is_read() -> None:
    assert not read(torch.full((3, 2, 2), 0.5, requires_grad=True)).pixels.requires_grad


@pytest.mark.parametrize(
    ("picture", "remedy"),
    [
        (np.zeros((3, 8, 9), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((2, 8, 9, 3), np.uint8), r"array\[0\]"),
        (np.zeros((8, 9, 5), np.uint8), r"give \[H, W, 3\]"),
        (np.zeros((0, 9, 3), np.uint8), "no pixels"),
        (np.zeros((8, 9, 3), np.uint16), "65535"),
        (np.full((8, 9), np.nan), "nan_to_num"),
        (np.full((8, 9), np.inf), "nan_to_num"),
        (np.full((8, 9, 3), 128.0), "divide by 255"),
        (np.full((8, 9, 3), -0.5), "clip"),
        (np.full((8, 9, 3), 1e6), "clip"),
        (torch.zeros(8, 9, 3), r"permute\(2, 0, 1\)"),
        (torch.zeros(8, 9), r"tensor\[None\]"),
        (torch.zeros(2, 3, 8, 9), r"tensor\[0\]"),
        (torch.zeros(4, 8, 9), r"tensor\[:3\]"),
        (torch.zeros(3, 0, 9), "no pixels"),
        (torch.zeros(3, 8, 9, dtype=torch.int64), "a tensor: give uint8"),
        (torch.full((3, 8, 9), torch.nan), "nan_to_num"),
        (torch.zeros(3, 8, 9).to_sparse(), r"to_dense\(\)"),
        (torch.zeros(3, 8, 9, device="meta"), "give one with values"),
        (torch.nested.nested_tensor([torch.zeros(3, 8)]), "one of its parts"),
        (torch.full((3, 8, 9), 200.0), "divide by 255"),
        (b"bytes", "bytes is no picture"),
        (None, "NoneType is no picture"),
    ],
)
def test_wrong_pictures_say_what_to_do(picture: object, remedy: str) -> None:
    with pytest.raises(PictureError, match=remedy):
        read(picture)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "picture", [np.zeros((5, 5), np.uint8), torch.zeros(3, 5, 5), Image.new("L", (5, 5))]
)
def test_the_limit_holds_for_pictures_in_memory(picture: object) -> None:
    with pytest.raises(PictureError, match="5 x 5 = 25 pixels.*limit of 24"):
        read(picture, max_pixels=24)  # type: ignore[arg-type]
    assert read(picture, max_pixels=25).pixels.shape == (3, 5, 5)  # type: ignore[arg-type]
