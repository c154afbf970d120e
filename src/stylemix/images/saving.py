"""Saving pictures: the file is complete or isn't there at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PIL import Image

from stylemix.errors import ConfigError, PictureError
from stylemix.images.atomic import replacing
from stylemix.images.write_errors import not_written

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""File name endings that :func:`save` knows, and their formats."""

_LONGEST = {"JPEG": 65500, "WEBP": 16383}


def save(image: Image.Image, path: str | os.PathLike[str], quality: int = 95) -> None:
    """Save a picture; the file is complete or isn't there at all.

    The ending decides the format. JPEG is written without chroma subsampling, transparency
    flattened on white; PNG, WebP and TIFF keep transparency. The colour profile is kept.

    Args:
        image: the picture.
        path: the file, overwritten when it exists; its folder must exist.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        PictureError: unknown ending, a missing or unwritable folder, a full disk, or a picture
            too large for the format.
        ConfigError: ``quality`` is out of range.
    """
    if isinstance(quality, bool) or not isinstance(quality, int) or not 1 <= quality <= 100:
        raise ConfigError(f"quality must be a whole number from 1 to 100, got {quality!r}")
    if not isinstance(image, Image.Image):
        raise PictureError(
            f"save needs a PIL image, got {type(image).__name__}: convert tensors "
            "with stylemix.images.to_pil"
        )
    # Through a symbolic link the file itself is replaced, not the link.
    target = Path(os.path.realpath(path))
    if os.path.isdir(target):
        raise PictureError(f"{os.fspath(path)!r} is a folder: add a file name such as result.png")
    kind = format_of(path)
    if max(image.size) > _LONGEST.get(kind, max(image.size)):
        raise PictureError(
            f"{kind} holds at most {_LONGEST[kind]} pixels per side, the picture is "
            f"{image.width} x {image.height}: save it as .png or .tif"
        )
    if not os.path.isdir(target.parent):
        raise PictureError(f"the folder {str(target.parent)!r} doesn't exist: create it first")
    _write(_for_format(image, kind), target, kind, _options(image, kind, quality))


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that a file name's ending asks for, one of the values of :data:`FORMATS`.

    Raises:
        PictureError: pictures aren't written in that format, or the name has no ending.
    """
    ending = Path(path).suffix
    kind = FORMATS.get(ending.lower())
    if kind is None:
        fault = f"ends in {ending}, which isn't written" if ending else "has no ending"
        raise PictureError(f"{os.fspath(path)!r} {fault}: use one of {', '.join(FORMATS)}")
    return kind


def _for_format(image: Image.Image, kind: str) -> Image.Image:
    transparent = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    if not transparent:
        return image if image.mode in ("L", "RGB") else image.convert("RGB")
    full = image.convert("RGBA")
    if kind != "JPEG":
        return full
    flat = Image.new("RGB", image.size, "white")
    flat.paste(full.convert("RGB"), mask=full.getchannel("A"))
    return flat


def _options(image: Image.Image, kind: str, quality: int) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": quality, "subsampling": 0},
        # exact keeps the colours under full transparency.
        "WEBP": {"quality": quality, "exact": True},
        "TIFF": {"compression": "tiff_adobe_deflate"},
        "PNG": {},
    }
    icc = image.info.get("icc_profile")
    return {**options[kind], **({"icc_profile": icc} if icc else {})}


def _write(image: Image.Image, target: Path, kind: str, options: dict[str, Any]) -> None:
    def explain(problem: Exception) -> PictureError:
        return PictureError(not_written(target, problem))

    with replacing([target], explain) as (part,), open(part, "w+b") as file:
        image.save(file, format=kind, **options)
