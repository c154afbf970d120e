"""Picture files: careful opening, colour modes and profiles."""

from __future__ import annotations

import functools
import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from stylemix.errors import PictureError

_NOT_DECODED = ("BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF")
"""Formats that Pillow recognises, but decodes with other programs' help or not at all."""

_SIXTEEN_BIT = re.compile(r"I(;16[BLN]?)?")
_limit_lock = threading.Lock()


@functools.cache
def picture_endings() -> frozenset[str]:
    """Return the file name endings of pictures that can be read, in lower case with their dot.

    They are those of the formats that the installed Pillow decodes by itself: ``.jpg``, ``.jfif``,
    ``.png``, ``.webp``, ``.avif``, ``.gif``, ``.ppm``, ``.tif`` and many more.
    """
    known = Image.registered_extensions().items()
    return frozenset(e for e, kind in known if kind in Image.OPEN and kind not in _NOT_DECODED)


def is_picture_name(name: str | PurePath) -> bool:
    """Tell by its name whether a file found in a folder or an archive is taken for a picture.

    Its ending must be one of :func:`picture_endings`, and it must not be hidden: macOS leaves
    ``._photo.jpg`` beside ``photo.jpg``, which is none.
    """
    path = PurePath(name)
    return not path.name.startswith(".") and path.suffix.lower() in picture_endings()


@contextmanager
def open_file(path: str, max_pixels: int) -> Iterator[Image.Image]:
    """Open a picture file, its pixels not decoded yet.

    Args:
        path: the file.
        max_pixels: files whose header promises more are refused.

    Raises:
        PictureError: the file is missing, no picture, unreadable or too large.
    """
    if re.match(r"(https?|ftp)://", path):
        raise PictureError(f"{path!r} is a web address: download the picture and give its path")
    try:
        image = _open_unlimited(path)
    except FileNotFoundError:
        raise PictureError(f"no such file: {path!r}; check the path") from None
    except IsADirectoryError:
        raise PictureError(f"{path!r} is a folder: give a picture file in it") from None
    except UnidentifiedImageError:
        if os.path.getsize(path) == 0:
            raise PictureError(f"{path!r} is empty: get the file again") from None
        raise PictureError(
            f"{path!r} is no picture that can be read: give a JPEG, PNG, WebP, TIFF or the like"
        ) from None
    except OSError as problem:
        if problem.errno is None:  # from a decoder, not from the system
            raise _damaged(f"{path!r}", problem) from problem
        reason = problem.strerror or str(problem)
        raise PictureError(
            f"{path!r} can't be opened ({reason}): check the path and your rights to read it"
        ) from problem
    except Exception as problem:  # decoders raise anything on damaged headers
        raise _damaged(f"{path!r}", problem) from problem
    with image:
        width, height = image.size
        if width * height > max_pixels:
            raise PictureError(
                f"{path!r} has {width} x {height} = {width * height:,} pixels, more than the "
                f"limit of {max_pixels:,}: shrink it first"
            )
        yield image


def _open_unlimited(path: str) -> Image.Image:
    # Pillow's own limit is one number for the whole process and lower than ours may be; the size
    # is checked by the caller before anything is decoded.
    with _limit_lock:
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            image = Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    if image.format in _NOT_DECODED:
        # Whatever the file's name is: no other program shall run on a stranger's file.
        image.close()
        raise UnidentifiedImageError
    return image


def decode(
    image: Image.Image, shown: str, *, to_srgb: bool
) -> tuple[Image.Image, Image.Image | None, bytes | None]:
    """Decode an image into colours, transparency and profile, turned upright.

    A profile that doesn't describe RGB is used for the conversion to sRGB; one that can't be used
    is ignored, as browsers do.

    Args:
        image: any PIL image; it is not changed.
        shown: what to call it in messages.
        to_srgb: convert RGB colours by their profile too.

    Returns:
        The colours (mode RGB; F for floating-point greys), the transparency (mode L) or None, and
        the RGB profile of the colours or None.

    Raises:
        PictureError: the data are damaged, or 32-bit values exceed 16 bits.
    """
    icc = image.info.get("icc_profile") or b""
    try:
        image.load()
        # exif_transpose copies upright pictures too; big ones are spared that.
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        upright = ImageOps.exif_transpose(image) if turned else image
        color, alpha = _split(upright, shown)
    except (PictureError, MemoryError):
        raise
    except Exception as problem:  # decoders raise anything on damaged data
        raise _damaged(shown, problem) from problem
    if color.mode == "F":
        return color, None, None
    # The header of a profile: the colour space at byte 16, the mark of all profiles at 36.
    space = icc[16:20] if icc[36:40] == b"acsp" else b""
    if space == b"RGB " and not to_srgb and color.mode in ("L", "RGB"):
        return color.convert("RGB"), alpha, icc
    expected = {b"RGB ": ("RGB", "L"), b"GRAY": ("L",), b"CMYK": ("CMYK",)}
    if color.mode in expected.get(space, ()):
        source = color.convert("RGB") if space == b"RGB " else color
        converted = _to_srgb(source, icc)
        if converted is not None:
            return converted, alpha, None
    return color.convert("RGB"), alpha, None


def _split(image: Image.Image, shown: str) -> tuple[Image.Image, Image.Image | None]:
    """Return colors (L, RGB, CMYK or F) and transparency (L or None)."""
    if _SIXTEEN_BIT.fullmatch(image.mode):
        return _from_sixteen_bit(image, shown), None
    if image.mode in ("L", "RGB", "CMYK", "F") and "transparency" not in image.info:
        return image, None
    if image.mode == "1" and "transparency" not in image.info:
        return image.convert("L"), None
    if image.mode in ("LA", "La"):
        gray, alpha = image.convert("LA").split()
        return gray, alpha
    if image.mode in ("RGBA", "RGBa", "PA") or "transparency" in image.info:
        full = image.convert("RGBA")
        return full.convert("RGB"), full.getchannel("A")
    return image.convert("RGB"), None  # palette, YCbCr, HSV, LAB


def _from_sixteen_bit(image: Image.Image, shown: str) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise PictureError(
            f"{shown} holds integers from {low} to {high}, beyond 16 bits: convert it to 8 bits, "
            "or give it as a float array in [0, 1]"
        )
    # 65535 = 255 * 257, so this rounds value / 257 to the nearest.
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _to_srgb(image: Image.Image, icc: bytes) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def _damaged(shown: str, problem: Exception) -> PictureError:
    reason = str(problem) or type(problem).__name__
    return PictureError(
        f"{shown} is damaged or cut short ({reason}): get the file again, or "
        "open and save it with a picture editor"
    )
