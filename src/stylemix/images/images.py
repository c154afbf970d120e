"""Read pictures of every kind into one checked form, and turn that form into a PIL image."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from stylemix.errors import PictureError
from stylemix.images.arrays import check_pixels, check_values, from_array, from_tensor
from stylemix.images.decoding import decode
from stylemix.images.files import open_file
from stylemix.images.profiles import rgb_space
from stylemix.images.resizing import resize, resize_difference, resize_visible
from stylemix.images.transparency import fill_hidden

Picture: TypeAlias = str | os.PathLike[str] | Image.Image | np.ndarray | Tensor
"""What every function that wants a picture accepts."""

MAX_PIXELS = 200_000_000
"""Pixels of the largest picture that is read or made."""

_ROWS = 4_000_000  # values per step of row-wise work


@dataclass(frozen=True)
class Raster:
    """A picture in memory, checked and upright; the form that travels from reading to the result.

    Attributes:
        pixels: [3, H, W] in sRGB, uint8; float32 in [0, 1] when the picture was given as floats.
            Where ``alpha`` is 0, what is visible is mirrored (:func:`fill_hidden`).
        alpha: [H, W] uint8, or None for an opaque picture.
        profile: the RGB color profile (ICC) of the picture's own space, or None where that is sRGB
            or wasn't kept.
        beyond: [3, H, W] int16, what the picture as it was given has beyond ``pixels``, in its own
            space and in levels of 255: colors that sRGB doesn't hold, and those under full
            transparency. None where there is nothing such, or it wasn't kept.
        source: what to call the picture in messages.
    """

    pixels: Tensor
    alpha: Tensor | None = None
    profile: bytes | None = None
    beyond: Tensor | None = None
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
        """Return the picture with its long side at a number of pixels; see :func:`resize`.

        Raises:
            PictureError: it would have more than :data:`MAX_PIXELS`.
        """
        height, width = self.size
        scale = long_side / max(height, width)
        if height * width * scale**2 > MAX_PIXELS:
            raise PictureError(
                f"a result with a long side of {long_side} pixels would have more than "
                f"{MAX_PIXELS:,} pixels: give a smaller size"
            )
        if long_side == max(self.size):
            return self
        if self.alpha is None:
            pixels, alpha = resize(self.pixels, long_side=long_side), None
        else:
            pixels, alpha = resize_visible(self.pixels, self.alpha, long_side=long_side)
        beyond = self.beyond
        if beyond is not None:
            beyond = resize_difference(beyond, self.alpha, *pixels.shape[-2:])
        return replace(self, pixels=pixels, alpha=alpha, beyond=beyond)

    def mostly_visible(self) -> Tensor:
        """Return the colors [3, H, W] with all but the better visible half of it filled.

        What is less than half as opaque as the most opaque pixel (a shadow, a soft rim) shows more
        of what lies behind a picture than of the picture itself, and so does not count for a style.
        """
        if self.alpha is None:
            return self.pixels
        return fill_hidden(self.pixels, self.alpha >= max(1, int(self.alpha.max()) // 2))

    def drawn(self, pixels: Tensor, share: Tensor | None = None) -> Image.Image:
        """Return what was drawn over this picture, in its own color space.

        Args:
            pixels: [3, H, W] in sRGB, of the picture's size, uint8 or float in [0, 1].
            share: how much of this picture shines through, [1, 1, H, W] or [1, 1, 1, 1] in [0, 1];
                so much of ``beyond`` is added, and where it is 1, ``pixels`` that are the picture's
                own give it back exactly. None is 0.

        Returns:
            An RGB image, or RGBA; see :func:`to_pil`.
        """
        space = None if self.profile is None else rgb_space(self.profile)
        if self.beyond is None and (space is None or space.is_srgb):
            return to_pil(pixels, self.alpha, self.profile)
        out = torch.empty(pixels.shape, dtype=torch.uint8, device="cpu")
        step = max(1, _ROWS // (3 * pixels.shape[-1]))
        for start in range(0, pixels.shape[-2], step):
            rows = slice(start, start + step)
            part = _encoded(pixels[:, rows], self.profile)
            if share is not None and self.beyond is not None:
                own = share[0] if share.shape[-2:] == (1, 1) else share[0, :, rows]
                sum_ = part + own.to(part.device) * self.beyond[:, rows]
                part = sum_.round_().clamp_(0, 255).to(torch.uint8)
            out[:, rows] = part
        return to_pil(out, self.alpha, self.profile)

    def to_pil(self) -> Image.Image:
        """Return the picture as it was given, where that was kept, as an RGB image, or RGBA."""
        return self.drawn(self.pixels, torch.ones(1, 1, 1, 1, dtype=torch.float32, device="cpu"))


def read(
    picture: Picture,
    *,
    max_pixels: int = MAX_PIXELS,
    keep_space: bool = False,
    long_side: int | None = None,
) -> Raster:
    """Read a picture.

    Files and PIL images are turned upright by their EXIF orientation; of an animation, a file's
    first frame is taken. Any mode works: grey, palette, 1-bit, CMYK, Lab, 16-bit (rounded to 8) and
    transparency. Colors are converted to sRGB by the picture's profile; what its pixels hold under
    full transparency has no influence.

    Args:
        picture: a path, a PIL image, an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], or a
            tensor [3, H, W], [1, 3, H, W] or [1, H, W]; uint8 or bool, or float in [0, 1].
        max_pixels: larger pictures are refused, files by their header before decoding.
        keep_space: keep what :meth:`Raster.drawn` needs to give a result in the picture's own color
            space. (A profile that only leads out of its space, such as a scanner's, isn't kept.)
        long_side: pixels that are enough: a JPEG file may be decoded at 1/2, 1/4 or 1/8 of its
            sides, as long as its long side has that many. ``max_pixels`` bounds what is decoded.

    Returns:
        The picture, on the CPU.

    Raises:
        PictureError: it is missing, damaged, too large, of a wrong shape or holds wrong values.
    """
    if isinstance(picture, str | os.PathLike):
        name = os.fspath(picture)
        if not isinstance(name, str):
            name = os.fsdecode(name)
        with open_file(name, max_pixels, long_side=long_side) as image:
            return _from_pil(image, f"{name!r}", Path(name).name, keep_space)
    if isinstance(picture, Image.Image):
        check_pixels(*picture.size, max_pixels, "the PIL image")
        return _from_pil(picture, "the PIL image", "image", keep_space)
    if isinstance(picture, np.ndarray):
        pixels, alpha = from_array(picture, max_pixels)
        return _finished(pixels, alpha, None, "array", keep_space)
    if isinstance(picture, Tensor):
        return Raster(from_tensor(picture, max_pixels), source="tensor")
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
    # A sum is no number where one of them is none, and ten times as fast; it may be too large too.
    if not bool(values.sum().isfinite()) and not bool(values.isfinite().all()):
        raise PictureError(
            "the result holds values that are no numbers: the model's weights are damaged, its "
            "training diverged, or strength is more than the model's type of numbers can hold"
        )
    if dtype != torch.uint8:
        return values.clamp(0, 1).to(dtype)
    # float32, whose steps are finer than 1/255 everywhere, unlike those of half precision.
    return (values.float() * 255).round_().clamp_(0, 255).to(torch.uint8)


def to_pil(
    pixels: Tensor, alpha: Tensor | None = None, profile: bytes | None = None
) -> Image.Image:
    """Return a picture as a PIL image.

    Args:
        pixels: [3, H, W], uint8 or float (clipped to [0, 1] and rounded to 8 bits).
        alpha: [H, W] uint8, or None.
        profile: color profile of ``pixels`` for ``info["icc_profile"]``, or None.

    Returns:
        An RGB image, or RGBA with ``alpha``.

    Raises:
        PictureError: a float picture holds NaN or infinity.
    """
    shape = (*pixels.shape[-2:], 3 if alpha is None else 4)
    interleaved = torch.empty(shape, dtype=torch.uint8, device="cpu")
    step = max(1, _ROWS // (3 * pixels.shape[-1]))
    for start in range(0, pixels.shape[-2], step):
        part = _bytes(pixels[:, start : start + step])
        interleaved[start : start + step, :, :3] = part.permute(1, 2, 0)
    if alpha is not None:
        interleaved[..., 3] = alpha.cpu()
    image = Image.fromarray(interleaved.numpy())
    if profile is not None:
        image.info["icc_profile"] = profile
    return image


def _bytes(pixels: Tensor) -> Tensor:
    part = pixels.detach()
    return (part if part.dtype == torch.uint8 else from_float(part.float(), torch.uint8)).cpu()


def _from_pil(image: Image.Image, shown: str, source: str, keep_space: bool) -> Raster:
    color, alpha, profile = decode(image, shown)
    if color.mode == "F":
        grey = torch.from_numpy(np.array(color, dtype=np.float32))[None]
        return Raster(check_values(grey, shown).repeat(3, 1, 1), source=source)
    opacity = None if alpha is None else torch.from_numpy(np.array(alpha))
    return _finished(_tensor(color), opacity, profile, source, keep_space)


def _tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()


def _finished(
    stored: Tensor, alpha: Tensor | None, profile: bytes | None, source: str, keep_space: bool
) -> Raster:
    """Bring colors as they were given into the form that everything else works with."""
    pixels, space = stored, None if profile is None else rgb_space(profile)
    if space is not None and not space.is_srgb:
        pixels = _tensor(space.to_srgb(to_pil(stored)))
    if alpha is not None:
        pixels = fill_hidden(pixels, alpha > 0)
    if not keep_space or (space is not None and not space.writable):
        return Raster(pixels, alpha, source=source)
    beyond = None
    if pixels is not stored:
        beyond = torch.empty(stored.shape, dtype=torch.int16, device="cpu")
        step = max(1, _ROWS // (3 * stored.shape[-1]))
        for start in range(0, stored.shape[-2], step):
            rows = slice(start, start + step)
            found = _encoded(pixels[:, rows], profile)
            beyond[:, rows] = _bytes(stored[:, rows]).to(torch.int16) - found
    return Raster(pixels, alpha, profile, beyond, source)


def _encoded(pixels: Tensor, profile: bytes | None) -> Tensor:
    """Return sRGB pixels as uint8 of a profile's space."""
    space = None if profile is None else rgb_space(profile)
    if space is None or space.is_srgb:
        return _bytes(pixels)
    return _tensor(space.from_srgb(to_pil(pixels)))
