"""From an opened picture to colors, transparency and profile: every mode and depth."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from stylemix.errors import PictureError
from stylemix.images.profiles import convert, rgb_space, space_of
from stylemix.images.stated import stated_profile

_SIXTEEN_BIT = re.compile(r"I(;16[BLN]?)?")
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
_WHITE_IS_ZERO, _SIGNED = 0, 2

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(image: Image.Image, shown: str) -> tuple[Image.Image, Image.Image | None, bytes | None]:
    """Decode an image into colours, transparency and profile, turned upright.

    A profile that doesn't describe RGB is used for the conversion to sRGB; one that can't be used
    is ignored, as browsers do.

    Args:
        image: any PIL image; it is not changed.
        shown: what to call it in messages.

    Returns:
        The colours (mode RGB; F for floating-point greys), the transparency (mode L) or None, and
        the RGB profile of the colours; None for sRGB.

    Raises:
        PictureError: the image is damaged or closed, or integers exceed their depth.
    """
    icc = image.info.get("icc_profile") or b""
    try:
        key = _color_key(image)
        image.load()
        color, alpha = _split(image, key, shown)
        turn = _TURNS.get(orientation(image))
        if turn is not None:
            color = color.transpose(turn)
            alpha = None if alpha is None else alpha.transpose(turn)
    except (PictureError, MemoryError):
        raise
    except Exception as problem:  # decoders raise anything on damaged data
        if _is_closed(image) or (isinstance(problem, ValueError) and "closed" in str(problem)):
            raise PictureError(
                f"{shown} was closed before it could be read: give it while it is open, or give "
                "the file's path"
            ) from problem
        raise damaged(shown, problem) from problem
    if color.mode == "F":
        return color, alpha, None
    if not icc and color.mode in ("L", "RGB"):
        icc = stated_profile(image, shown) or b""
    space = space_of(icc)
    if space == b"RGB " and color.mode in ("L", "RGB"):
        return color.convert("RGB"), alpha, icc if rgb_space(icc) is not None else None
    if color.mode == {b"GRAY": "L", b"CMYK": "CMYK"}.get(space):
        converted = convert(color, icc)
        if converted is not None:
            return converted, alpha, None
    return color.convert("RGB"), alpha, None


def orientation(image: Image.Image) -> int:
    """Return an image's orientation by EXIF, from 1 to 8; 1 where it has none or a damaged one."""
    try:
        found = image.getexif().get(ExifTags.Base.Orientation, 1)
        return int(found) if found in _TURNS else 1
    except Exception:  # whatever damaged EXIF leads to; the picture is good for all that
        return 1


def damaged(shown: str, problem: Exception) -> PictureError:
    """Return the error of a picture whose data can't be decoded."""
    reason = str(problem) or type(problem).__name__
    return PictureError(
        f"{shown} is damaged or cut short ({reason}): get the file again, or "
        "open and save it with a picture editor"
    )


def _is_closed(image: Image.Image) -> bool:
    """Tell whether an image's file was closed before its pixels were read from it."""
    file = getattr(image, "fp", None)
    return bool(getattr(image, "tile", None)) and (file is None or getattr(file, "closed", False))


def _color_key(image: Image.Image) -> Any:
    """Return the color that stands for transparency, in the depth that the pixels will have."""
    key, tiles = image.info.get("transparency"), getattr(image, "tile", None)
    # Of RGB of 16 bits Pillow keeps the upper 8, but gives the key as it is in the file.
    if isinstance(key, tuple) and tiles and "16" in str(tiles[0][3]):
        return tuple(value >> 8 for value in key)
    return key


def _split(image: Image.Image, key: Any, shown: str) -> tuple[Image.Image, Image.Image | None]:
    """Return colors (L, RGB, CMYK or F) and transparency (L or None)."""
    tags = getattr(image, "tag_v2", {})
    inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    if image.mode == "F":
        return Image.fromarray(1 - np.asarray(image)) if inverted else image, None
    if image.mode == "L" and _SIGNED in tags.get(_SAMPLE_FORMAT, ()):
        # Pillow gives the bytes as if they had no sign.
        signed = Image.fromarray(np.asarray(image).view(np.int8).astype(np.int32))
        return _deep_grey(signed, key, tags, inverted, shown)
    if _SIXTEEN_BIT.fullmatch(image.mode):
        return _deep_grey(image, key, tags, inverted, shown)
    if image.mode in ("L", "RGB", "CMYK") and key is None:
        return image, None
    if image.mode == "1" and key is None:
        return image.convert("L"), None
    if image.mode in ("LA", "La"):
        gray, alpha = image.convert("LA").split()
        return gray, alpha
    if key is not None and key != image.info["transparency"]:
        image = image.copy()
        image.info["transparency"] = key
    if image.mode in ("RGBA", "RGBa", "PA") or key is not None:
        full = image.convert("RGBA")
        return full.convert("RGB"), full.getchannel("A")
    return image.convert("RGB"), None  # palette, YCbCr, HSV, LAB


def _deep_grey(
    image: Image.Image, key: Any, tags: Any, inverted: bool, shown: str
) -> tuple[Image.Image, Image.Image | None]:
    """Round integers of 16 bits, or of the depth that a TIFF file's tags tell, to 8 bits."""
    values = np.asarray(image)
    bits, signed = int(tags.get(_BITS, (16,))[0]), _SIGNED in tags.get(_SAMPLE_FORMAT, ())
    if bits == 32 and not signed:
        values = values.view(np.uint32)
    # Signed integers of 32 bits are Pillow's own form of 16-bit greys.
    most = 65535 if bits == 32 and signed else 2 ** (bits - signed) - 1
    values = values.astype(np.int64)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > most:
        raise PictureError(
            f"{shown} holds integers from {low} to {high}, beyond {most.bit_length()} bits: "
            "convert it to 8 bits, or give it as a float array in [0, 1]"
        )
    alpha = None
    if isinstance(key, int):
        alpha = Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8))
    values = most - values if inverted else values
    return Image.fromarray(((values * 255 + most // 2) // most).astype(np.uint8)), alpha
