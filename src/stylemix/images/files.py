"""Picture files: which names are pictures, and careful opening."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import PurePath
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from stylemix.errors import PictureError, missing_file
from stylemix.images import heif, tiff
from stylemix.images.decoding import damaged
from stylemix.images.png import SIGNATURE, cleaned, color_codes
from stylemix.images.stated import HDR, profile_of_codes

_NOT_DECODED = ("BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF")
"""Formats that Pillow recognises, but decodes with other programs' help or not at all."""

_limit_lock = threading.Lock()


@functools.cache
def picture_endings() -> frozenset[str]:
    """Return the file name endings of pictures, in lower case with their dot.

    They are those of the formats that the installed Pillow decodes by itself: ``.jpg``, ``.jfif``,
    ``.png``, ``.webp``, ``.avif``, ``.gif``, ``.ppm``, ``.tif`` and many more; and ``.heic`` and
    ``.heif``, which need ``stylemix[heic]`` and say so where it is missing.
    """
    known = Image.registered_extensions().items()
    own = {e for e, kind in known if kind in Image.OPEN and kind not in _NOT_DECODED}
    return frozenset(own.union(heif.ENDINGS))


def is_picture_name(name: str | PurePath) -> bool:
    """Tell by its name whether a file found in a folder or an archive is taken for a picture.

    Its ending must be one of :func:`picture_endings`, and it must not be hidden: macOS leaves
    ``._photo.jpg`` beside ``photo.jpg``, which is none.
    """
    path = PurePath(name)
    return not path.name.startswith(".") and path.suffix.lower() in picture_endings()


@contextmanager
def open_file(
    path: str | BinaryIO, max_pixels: int, shown: str = "", *, long_side: int | None = None
) -> Iterator[Image.Image]:
    """Open a picture file, its pixels not decoded yet.

    Args:
        path: the file, or one that is open already and can be sought in.
        max_pixels: files whose header promises more are refused.
        shown: what to call an open file in messages.
        long_side: pixels that are enough: a larger JPEG is decoded at 1/2, 1/4 or 1/8 of its sides,
            in a fraction of the memory and time, and ``max_pixels`` bounds what is decoded.

    Raises:
        PictureError: the file is missing, no picture, unreadable or too large.
    """
    shown = shown or repr(path)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open(path, "rb")) if isinstance(path, str) else path
            image = stack.enter_context(_opened(file, shown))
            width, height = _size(image, long_side)
        except (PictureError, MemoryError):
            raise
        except FileNotFoundError:
            raise missing_file(str(path)) from None
        except IsADirectoryError:
            raise PictureError(f"{shown} is a folder: give a picture file in it") from None
        except OSError as problem:
            if problem.errno is None:  # from a decoder, not from the system
                raise damaged(shown, problem) from problem
            reason = problem.strerror or str(problem)
            raise PictureError(
                f"{shown} can't be opened ({reason}): check the path and your rights to read it"
            ) from problem
        except Exception as problem:  # decoders raise anything on damaged headers
            raise damaged(shown, problem) from problem
        if width * height > max_pixels:
            raise PictureError(
                f"{shown} has {width} x {height} = {width * height:,} pixels, more than the "
                f"limit of {max_pixels:,}: shrink it first"
            )
        yield image


def _size(image: Image.Image, long_side: int | None) -> tuple[int, int]:
    """Return the width and height that will be decoded, of which a damaged header may have more."""
    if long_side is not None:
        share = long_side / max(image.size)
        # Of other formats than JPEG it changes nothing.
        image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))
    width, height = image.size
    return int(width), int(height)


def _opened(file: BinaryIO, shown: str) -> Image.Image:
    """Open what Pillow knows, with the help of other packages where it takes some."""
    head = file.read(32)
    if head.startswith(SIGNATURE):
        return _opened_png(file, shown)
    if heif.is_heif(head):
        if not heif.readable():
            raise PictureError(f"{shown} {heif.missing()}")
        heif.register()
    file.seek(0)
    try:
        return _open_unlimited(file)
    except UnidentifiedImageError:
        if not head:
            raise PictureError(f"{shown} is empty: get the file again") from None
        if tiff.is_tiff(head):
            if not tiff.readable():
                raise PictureError(f"{shown} {tiff.missing()}") from None
            file.seek(0)
            with suppress(SyntaxError):
                return tiff.DeepTiff(file, shown)
        raise PictureError(_no_picture(shown)) from None


def _opened_png(file: BinaryIO, shown: str) -> Image.Image:
    clean, codes = cleaned(file), color_codes(file)
    file.seek(0)
    try:
        image = _open_unlimited(file if clean is None else clean.file)
    except UnidentifiedImageError:
        raise PictureError(_no_picture(shown)) from None
    if clean is not None and clean.profile is not None:
        image.info["icc_profile"] = clean.profile
    # The codes come before a profile (PNG's third edition, 4.3), where they are understood.
    if codes is not None and not (codes[1] in HDR and "icc_profile" in image.info):
        profile = profile_of_codes(*codes, shown)
        if profile is not None:
            image.info["icc_profile"] = profile
    return image


def _no_picture(shown: str) -> str:
    return f"{shown} is no picture that can be read: give a JPEG, PNG, WebP, TIFF or the like"


def _open_unlimited(file: BinaryIO) -> Image.Image:
    # Pillow's own limit is one number for the whole process and lower than ours may be; the size
    # is checked by the caller before anything is decoded.
    with _limit_lock:
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            image = Image.open(file)
        finally:
            Image.MAX_IMAGE_PIXELS = limit
    if image.format in _NOT_DECODED:
        # Whatever the file's name is: no other program shall run on a stranger's file.
        image.close()
        raise UnidentifiedImageError
    return image
