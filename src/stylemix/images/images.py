"""Read pictures of every kind into one checked form, and turn that form into a PIL image."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError, PictureError
from stylemix.images.color import luma
from stylemix.images.files import decode, open_file
from stylemix.types import whole_number

Picture: TypeAlias = str | os.PathLike[str] | Image.Image | np.ndarray | Tensor
"""What every function that wants a picture accepts."""

MAX_PIXELS = 200_000_000
"""Pixels of the largest picture that is read or made."""

_TOLERANCE = 1e-4  # a resampled float picture may overshoot [0, 1] by rounding
_ROWS = 4_000_000  # values per step of row-wise work


@dataclass(frozen=True)
class Raster:
    """A picture in memory, checked and upright; the form that travels from reading to the result.

    Attributes:
        pixels: [3, H, W], uint8; float32 in [0, 1] when the picture was given as floats.
        alpha: [H, W] uint8, or None for an opaque picture. Colors under it are kept as they were.
        profile: the RGB color profile (ICC) of ``pixels``, or None (sRGB is meant).
        source: what to call the picture in messages.
    """

    pixels: Tensor
    alpha: Tensor | None = None
    profile: bytes | None = None
    source: str = "picture"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.pixels.shape[-2:]
        return height, width

    def float(self) -> Tensor:
        """Return the colors as networks take them, [1, 3, H, W] float32 in [0, 1]."""
        return to_float(self.pixels)

    def resized(self, long_side: int) -> Raster:
        """Return the picture with its long side at a number of pixels; see :func:`resize`."""
        alpha = None if self.alpha is None else resize(self.alpha[None], long_side=long_side)[0]
        return replace(self, pixels=resize(self.pixels, long_side=long_side), alpha=alpha)

    def to_pil(self) -> Image.Image:
        """Return an RGB image, or RGBA; see :func:`to_pil`."""
        return to_pil(self.pixels, self.alpha, self.profile)


def read(picture: Picture, *, max_pixels: int = MAX_PIXELS, to_srgb: bool = False) -> Raster:
    """Read a picture.

    Files and PIL images are turned upright by their EXIF orientation; of an animation, a file's
    first frame is taken. Any mode works: grey, palette, 1-bit, CMYK (through its profile), 16-bit
    (rounded to 8) and transparency.

    Args:
        picture: a path, a PIL image, an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], or a
            tensor [3, H, W], [1, 3, H, W] or [1, H, W]; uint8 or bool, or float in [0, 1].
        max_pixels: larger pictures are refused, files by their header before decoding.
        to_srgb: convert the colors to sRGB by the picture's profile, instead of keeping them
            together with the profile.

    Returns:
        The picture, on the CPU.

    Raises:
        PictureError: it is missing, damaged, too large, of a wrong shape or holds wrong values.
    """
    if isinstance(picture, str | os.PathLike):
        name = os.fspath(picture)
        if not isinstance(name, str):
            name = os.fsdecode(name)
        with open_file(name, max_pixels) as image:
            return _from_pil(image, f"{name!r}", Path(name).name, to_srgb)
    if isinstance(picture, Image.Image):
        _check_pixels(*picture.size, max_pixels, "the PIL image")
        return _from_pil(picture, "the PIL image", "image", to_srgb)
    if isinstance(picture, np.ndarray):
        return _from_array(picture, max_pixels)
    if isinstance(picture, Tensor):
        return _from_tensor(picture, max_pixels)
    raise PictureError(
        f"{type(picture).__name__} is no picture: give a path, a PIL image, a NumPy array "
        "[H, W, 3] or a tensor [3, H, W]"
    )


def to_float(tensor: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return a picture [C, H, W] or [N, C, H, W] as floats in [0, 1], [N, C, H, W].

    uint8 is divided by 255; floats keep their values.
    """
    batch = tensor if tensor.ndim == 4 else tensor[None]
    if batch.dtype == torch.uint8:
        return batch.to(dtype).div_(255)
    return batch.to(dtype)


def from_float(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Return values in [0, 1] as pixels of a type: uint8, rounded, or floating point.

    What lies outside [0, 1] is clipped.

    Raises:
        PictureError: a value is NaN or infinite.
    """
    if not bool(values.isfinite().all()):
        raise PictureError(
            "the result holds values that are no numbers: the model's weights are damaged, its "
            "training diverged, or strength is more than the model's type of numbers can hold"
        )
    values = values.clamp(0, 1)
    if dtype != torch.uint8:
        return values.to(dtype)
    # float32, whose steps are finer than 1/255 everywhere, unlike those of half precision.
    return (values.float() * 255).round_().to(torch.uint8)


def resize(
    tensor: Tensor, *, short_side: int | None = None, long_side: int | None = None
) -> Tensor:
    """Resize a picture to a side's length with an antialiased bicubic filter.

    Args:
        tensor: [C, H, W] or [N, C, H, W], uint8 or float in [0, 1].
        short_side: pixels that the shorter side gets; or
        long_side: pixels that the longer side gets. The other side follows, at least 1 pixel.

    Returns:
        The picture with as many dimensions and of the same type; floats stay in [0, 1].

    Raises:
        ConfigError: not exactly one side is given, or it is below 1.
    """
    if (short_side is None) == (long_side is None):
        raise ConfigError("give resize either short_side or long_side")
    target = short_side if short_side is not None else long_side
    target = whole_number("a side", target, 1, "pixels")
    height, width = tensor.shape[-2:]
    side = min(height, width) if short_side is not None else max(height, width)
    return _resample(
        tensor,
        max(1, round(height * target / side)),
        max(1, round(width * target / side)),
        "bicubic",
    )


def read_mask(picture: Picture, height: int, width: int) -> Tensor:
    """Read a mask for a picture of ``height`` x ``width`` pixels.

    Colors count by their luminance; transparent pixels count as black. A mask of another size is
    resized.

    Args:
        picture: as for :func:`read`.
        height: of the picture that the mask is for.
        width: of the picture that the mask is for.

    Returns:
        [1, 1, height, width], float32 in [0, 1].

    Raises:
        PictureError: it can't be read, or its proportions differ by more than 2 %.
    """
    loaded = read(picture)
    mask = _luminance(loaded.pixels)
    if loaded.alpha is not None:
        mask *= loaded.alpha.float().div_(255)
    own_height, own_width = mask.shape
    wanted = own_height * width / own_width  # the mask's height at the picture's width
    # One pixel is what rounding costs when a small picture was resized.
    if abs(wanted - height) > max(0.02 * height, 1):
        raise PictureError(
            f"the mask ({loaded.source}) is {own_width} x {own_height} pixels, but the picture is "
            f"{width} x {height}: crop or resize the mask to the picture's proportions"
        )
    out = _resample(mask[None, None], height, width, "bilinear")
    # The filter's weights sum to one only up to rounding; white must stay exactly white.
    out[out > 1 - 1e-6] = 1
    out[out < 1e-6] = 0
    return out


def to_pil(
    pixels: Tensor, alpha: Tensor | None = None, profile: bytes | None = None
) -> Image.Image:
    """Return a picture as a PIL image.

    Args:
        pixels: [3, H, W], uint8 or float (clipped to [0, 1] and rounded to 8 bits).
        alpha: [H, W] uint8, or None.
        profile: color profile for ``info["icc_profile"]``, or None.

    Returns:
        An RGB image, or RGBA with ``alpha``.

    Raises:
        PictureError: a float picture holds NaN or infinity.
    """
    shape = (*pixels.shape[-2:], 3 if alpha is None else 4)
    interleaved = torch.empty(shape, dtype=torch.uint8, device="cpu")
    step = max(1, _ROWS // (3 * pixels.shape[-1]))
    for start in range(0, pixels.shape[-2], step):
        part = pixels[:, start : start + step].detach()
        if part.dtype != torch.uint8:
            part = from_float(part.float(), torch.uint8)
        interleaved[start : start + step, :, :3] = part.permute(1, 2, 0).cpu()
    if alpha is not None:
        interleaved[..., 3] = alpha.cpu()
    image = Image.fromarray(interleaved.numpy())
    if profile is not None:
        image.info["icc_profile"] = profile
    return image


def _from_pil(image: Image.Image, shown: str, source: str, to_srgb: bool) -> Raster:
    color, alpha, profile = decode(image, shown, to_srgb=to_srgb)
    if color.mode == "F":
        grey = torch.from_numpy(np.array(color, dtype=np.float32))[None]
        return Raster(_check_values(grey, shown).repeat(3, 1, 1), source=source)
    pixels = torch.from_numpy(np.array(color)).permute(2, 0, 1).contiguous()
    opacity = None if alpha is None else torch.from_numpy(np.array(alpha))
    return Raster(pixels, opacity, profile, source)


def _from_array(array: np.ndarray, max_pixels: int) -> Raster:
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
    _check_pixels(array.shape[1], array.shape[0], max_pixels, f"the array of shape {shape}")
    # Native byte order, positive strides and memory of our own, which torch needs.
    array = np.array(
        array.transpose(2, 0, 1),
        order="C",
        dtype=np.float32 if array.dtype.kind == "f" else array.dtype,
    )
    values = _check_values(torch.from_numpy(array), "the array")
    if len(values) == 1:
        values = values.repeat(3, 1, 1)
    alpha = None
    if len(values) == 4:
        alpha = values[3].clone()
        if alpha.dtype != torch.uint8:
            alpha = alpha.mul_(255).round_().to(torch.uint8)
    return Raster(values[:3], alpha, source="array")


def _from_tensor(tensor: Tensor, max_pixels: int) -> Raster:
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
    _check_pixels(values.shape[2], values.shape[1], max_pixels, f"the tensor of shape {shape}")
    values = _check_values(values.cpu(), "the tensor")
    pixels = values.repeat(3, 1, 1) if len(values) == 1 else values.contiguous()
    return Raster(pixels, source="tensor")


def _wrong_type(what: str, dtype: Any) -> str:
    return (
        f"values of type {dtype} are not accepted in an {what}: give uint8, or floats in "
        "[0, 1] (divide 16-bit values by 65535)"
    ).replace("an tensor", "a tensor")


def _check_pixels(width: int, height: int, max_pixels: int, shown: str) -> None:
    if width < 1 or height < 1:
        raise PictureError(f"{shown} has no pixels: give a picture of at least 1 x 1")
    if width * height > max_pixels:
        raise PictureError(
            f"{shown} has {width} x {height} = {width * height:,} pixels, more than the limit of "
            f"{max_pixels:,}: shrink it first"
        )


def _check_values(values: Tensor, shown: str) -> Tensor:
    """Return uint8, or float32 in [0, 1]; refuse what can't be a picture."""
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


def _luminance(rgb: Tensor) -> Tensor:
    """Return the luma [H, W] of a picture [3, H, W] in [0, 1]; exact for grey."""
    out = torch.empty(rgb.shape[-2:], dtype=torch.float32, device=rgb.device)
    step = max(1, _ROWS // (3 * rgb.shape[-1]))
    for start in range(0, rgb.shape[-2], step):
        out[start : start + step] = luma(to_float(rgb[:, start : start + step])[0])[0]
    return out.clamp_(0, 1)


def _resample(tensor: Tensor, height: int, width: int, mode: str) -> Tensor:
    if (height, width) == tuple(tensor.shape[-2:]):
        return tensor
    batch = tensor if tensor.ndim == 4 else tensor[None]
    if tensor.dtype == torch.uint8 and min(height, width, *tensor.shape[-2:]) == 1:
        # torch's kernel for bytes takes one-pixel sides for another memory layout and fails.
        return _resample(tensor.float() / 255, height, width, mode).mul_(255).round_().byte()
    out = F.interpolate(batch, (height, width), mode=mode, antialias=True, align_corners=False)
    if out.is_floating_point():
        out = out.clamp_(0, 1)
    return out if tensor.ndim == 4 else out[0]
