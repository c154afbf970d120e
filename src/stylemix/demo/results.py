"""The files of one result: the PNG to keep, and two light pictures to compare on the page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from stylemix.images import read, save, to_pil

PREVIEW = 1600
"""Long side in pixels of what the page shows; phones needn't load a picture of 24 megapixels."""


@dataclass(frozen=True)
class Result:
    """Paths of one result.

    Attributes:
        png: the picture in full size.
        before: the photograph as WebP, as large as ``after``.
        after: the picture as WebP, at most :data:`PREVIEW` pixels long.
    """

    png: str
    before: str
    after: str


def write(picture: Image.Image, photo: str, folder: Path) -> Result:
    """Write a result into a folder of its own, whose name nobody can guess.

    Args:
        picture: the stylized photograph.
        photo: path of the photograph.
        folder: the server's cache.
    """
    own = folder / f"result-{secrets.token_hex(16)}"
    own.mkdir(parents=True)
    png, before, after = own / "stylemix.png", own / "before.webp", own / "after.webp"
    save(picture, png)
    shown = picture.size
    if max(shown) > PREVIEW:
        scale = PREVIEW / max(shown)
        shown = (max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale)))
    write_small(picture, shown, after)
    write_small(read(photo).to_pil(), shown, before)
    return Result(str(png), str(before), str(after))


def preview(photo: str, target: Path, side: int, size: tuple[int, int] | None = None) -> None:
    """Write a photograph as WebP, its long side at most ``side`` pixels, or of ``size``."""
    image = to_pil(read(photo).pixels)
    scale = min(1.0, side / max(image.size))
    size = size or (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    target.parent.mkdir(parents=True, exist_ok=True)
    write_small(image, size, target)


def write_small(image: Image.Image, size: tuple[int, int], target: Path) -> None:
    """Write a picture as WebP of a size in pixels, with its color profile."""
    small = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
    small.save(target, quality=90, method=2, icc_profile=image.info.get("icc_profile") or b"")
