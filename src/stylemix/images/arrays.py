"""Arrays and tensors as pictures: shapes and values that are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylemix.errors import PictureError

_TOLERANCE = 1e-4  # a resampled float picture may overshoot [0, 1] by rounding


def from_array(array: np.ndarray, max_pixels: int) -> tuple[Tensor, Tensor | None]:
    """Return the colors [3, H, W] and the opacity [H, W] uint8, or None, of an array.

    Raises:
        PictureError: a wrong shape, type or value, or too many pixels.
    """
    shape = list(array.shape)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        remedy = "give [H, W, 3], [H, W, 4] or [H, W]"
        if array.ndim == 3 and array.shape[0] in (1, 3, 4):
            remedy = "channels come last in arrays: use array.transpose(1, 2, 0)"
        elif array.ndim == 4:
            remedy = "give one picture at a time, such as array[0]"
        raise PictureError(f"an array of shape {shape} is no picture: {remedy}")
    if array.dtype.kind not in "bf" and array.dtype != np.uint8:
        raise PictureError(_wrong_type("array", array.dtype))
    check_pixels(array.shape[1], array.shape[0], max_pixels, f"the array of shape {shape}")
    # Native byte order, positive strides and memory of our own, which torch needs.
    array = np.array(
        array.transpose(2, 0, 1),
        order="C",
        dtype=np.float32 if array.dtype.kind == "f" else array.dtype,
    )
    values = check_values(torch.from_numpy(array), "the array")
    if len(values) == 1:
        values = values.repeat(3, 1, 1)
    alpha = None
    if len(values) == 4:
        alpha = values[3].clone()
        if alpha.dtype != torch.uint8:
            alpha = alpha.mul_(255).round_().to(torch.uint8)
    return values[:3], alpha


def from_tensor(tensor: Tensor, max_pixels: int) -> Tensor:
    """Return the colors [3, H, W] of a tensor.

    Raises:
        PictureError: a wrong shape, type or value, or too many pixels.
    """
    if tensor.is_nested:
        raise PictureError("a nested tensor is no picture: give one of its parts")
    shape = list(tensor.shape)
    if tensor.is_meta or tensor.layout != torch.strided:
        what, remedy = (
            ("on the device 'meta'", "give one with values")
            if tensor.is_meta
            else (f"of the layout {tensor.layout}", "use tensor.to_dense()")
        )
        raise PictureError(f"a tensor {what} is no picture: {remedy}")
    values = tensor.detach()
    if values.ndim == 4 and shape[0] == 1 and shape[1] == 3:
        values = values[0]
    if values.ndim != 3 or len(values) not in (1, 3):
        remedy = "give [3, H, W], [1, 3, H, W] or [1, H, W]"
        if tensor.ndim == 4 and shape[0] > 1:
            remedy = "give one picture at a time, such as tensor[0]"
        elif tensor.ndim == 3 and shape[2] in (1, 3):
            remedy = "channels come first in tensors: use tensor.permute(2, 0, 1)"
        elif tensor.ndim == 2:
            remedy = "add the channel: use tensor[None]"
        elif tensor.ndim == 3 and shape[0] == 4:
            remedy = "tensors carry no transparency: use tensor[:3]"
        raise PictureError(f"a tensor of shape {shape} is no picture: {remedy}")
    if not (values.is_floating_point() or values.dtype in (torch.uint8, torch.bool)):
        raise PictureError(_wrong_type("tensor", values.dtype))
    check_pixels(values.shape[2], values.shape[1], max_pixels, f"the tensor of shape {shape}")
    values = check_values(values.cpu(), "the tensor")
    return values.repeat(3, 1, 1) if len(values) == 1 else values.contiguous()


def _wrong_type(what: str, dtype: Any) -> str:
    return (
        f"values of type {dtype} are not accepted in an {what}: give uint8, or floats in "
        "[0, 1] (divide 16-bit values by 65535)"
    ).replace("an tensor", "a tensor")


def check_pixels(width: int, height: int, max_pixels: int, shown: str) -> None:
    """Refuse a picture without pixels, or with too many.

    Raises:
        PictureError: it has none, or more than ``max_pixels``.
    """
    if width < 1 or height < 1:
        raise PictureError(f"{shown} has no pixels: give a picture of at least 1 x 1")
    if width * height > max_pixels:
        raise PictureError(
            f"{shown} has {width} x {height} = {width * height:,} pixels, more than the limit of "
            f"{max_pixels:,}: shrink it first"
        )


def check_values(values: Tensor, shown: str) -> Tensor:
    """Return uint8, or float32 in [0, 1].

    Raises:
        PictureError: values are no numbers, or outside of [0, 1].
    """
    if values.dtype == torch.uint8:
        return values
    if values.dtype == torch.bool:
        return values.to(torch.uint8) * 255
    values = values.float()
    low, high = (float(v) for v in values.aminmax())
    if not np.isfinite([low, high]).all():
        raise PictureError(
            f"{shown} holds NaN or infinite values: replace them first, for "
            "instance with nan_to_num"
        )
    if low < -_TOLERANCE or high > 1 + _TOLERANCE:
        remedy = "divide by 255" if low >= 0 and 1 < high <= 255 else "scale or clip them first"
        raise PictureError(
            f"{shown} holds floats from {low:.4g} to {high:.4g}, but floats must "
            f"be in [0, 1]: {remedy}"
        )
    return values.clamp(0, 1) if low < 0 or high > 1 else values
