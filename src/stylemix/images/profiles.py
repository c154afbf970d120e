"""Color spaces of RGB pictures: from a profile's space to sRGB and back."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

_SAME = 2
"""Levels of 255 by which versions of sRGB differ from each other at most."""


@dataclass(frozen=True)
class RgbSpace:
    """An RGB color space, by its ICC profile.

    Conversions are relative colorimetric with black point compensation. Colors outside of the
    other space become its nearest ones.

    Attributes:
        is_srgb: whether it is sRGB itself, up to rounding; nothing needs converting then.
    """

    is_srgb: bool
    _forth: ImageCms.ImageCmsTransform
    _back: ImageCms.ImageCmsTransform | None

    @property
    def writable(self) -> bool:
        """Whether colors can be brought into it; profiles of scanners and cameras only lead out."""
        return self._back is not None

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """Convert an RGB image of this space to sRGB."""
        return _apply(image, self._forth)

    def from_srgb(self, image: Image.Image) -> Image.Image:
        """Convert an RGB image from sRGB to this space, which must be writable."""
        assert self._back is not None
        return _apply(image, self._back)


@functools.lru_cache(maxsize=8)
def rgb_space(icc: bytes) -> RgbSpace | None:
    """Return the color space of an RGB profile; None for one that can't be used."""
    forth = _transform(icc, "RGB", inverse=False)
    if space_of(icc) != b"RGB " or forth is None:
        return None
    levels = np.linspace(0, 255, 16).round().astype(np.uint8)
    lattice = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(64, 64, 3)
    found = np.asarray(_apply(Image.fromarray(lattice), forth))
    same = int(abs(found.astype(int) - lattice).max()) <= _SAME
    return RgbSpace(same, forth, _transform(icc, "RGB", inverse=True))


def space_of(icc: bytes) -> bytes:
    """Return the color space in a profile's header, such as ``b"CMYK"``; empty for no profile."""
    # The space lies at byte 16, the mark of all profiles at 36.
    return icc[16:20] if icc[36:40] == b"acsp" else b""


def convert(image: Image.Image, icc: bytes) -> Image.Image | None:
    """Convert an image in the space of its profile (grey or CMYK) to sRGB; None if that fails."""
    transform = _transform(icc, image.mode, inverse=False)
    return None if transform is None else _apply(image, transform)


def _transform(icc: bytes, mode: str, *, inverse: bool) -> ImageCms.ImageCmsTransform | None:
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(
            srgb if inverse else own,
            own if inverse else srgb,
            "RGB" if inverse else mode,
            mode if inverse else "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def _apply(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    return ImageCms.applyTransform(image, transform)  # type: ignore[return-value]
