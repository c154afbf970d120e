"""The files of one result: those to keep, and light pictures to compare on the page."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from stylemix.images import read, save, to_pil

PREVIEW = 1600
"""Long side in pixels of what the page shows; phones needn't load a picture of 24 megapixels."""
THUMBNAIL = 240
"""Long side in pixels of a picture in the history."""
_LONGEST = 40  # letters of a name


@dataclass(frozen=True)
class Result:
    """Paths of one result.

    Attributes:
        png: the picture in full size.
        jpeg: the same as a smaller file.
        before: the photograph as WebP, as large as ``after``.
        after: the picture as WebP, at most :data:`PREVIEW` pixels long.
        thumbnail: a small WebP of the picture.
    """

    png: str
    jpeg: str
    before: str
    after: str
    thumbnail: str


def write(picture: Image.Image, photo: str, folder: Path, name: str = "stylemix") -> Result:
    """Write a result into a folder of its own, whose name nobody can guess.

    Args:
        picture: the stylized photograph.
        photo: path of the photograph.
        folder: the server's cache.
        name: of the files to keep, without an ending.
    """
    own = folder / f"result-{secrets.token_hex(16)}"
    own.mkdir(parents=True)
    png, jpeg = own / f"{name}.png", own / f"{name}.jpg"
    before, after, thumbnail = own / "before.webp", own / "after.webp", own / "small.webp"
    save(picture, png)
    save(picture, jpeg)
    shown = fitted(picture.size, PREVIEW)
    write_small(picture, shown, after)
    write_small(picture, fitted(picture.size, THUMBNAIL), thumbnail)
    write_small(read(photo, long_side=max(shown)).to_pil(), shown, before)
    return Result(*map(str, (png, jpeg, before, after, thumbnail)))


def name_of(photo: str, paintings: Sequence[str]) -> str:
    """Return a file name, without an ending, from those of a photograph and of paintings.

    >>> name_of("/tmp/My Photo (1).JPG", ["swirling-night.jpg"])
    'my-photo-1-swirling-night'
    """
    words = [
        re.sub(r"[^a-z0-9]+", "-", Path(p).stem.lower()).strip("-") for p in (photo, *paintings)
    ]
    return "-".join(word[:_LONGEST].rstrip("-") for word in words if word) or "stylemix"


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return a size in pixels whose long side is at most ``side``."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def preview(photo: str, target: Path, side: int, size: tuple[int, int] | None = None) -> None:
    """Write a photograph as WebP, its long side at most ``side`` pixels, or of ``size``."""
    image = to_pil(read(photo, long_side=side).pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_small(image, size or fitted(image.size, side), target)


def write_small(image: Image.Image, size: tuple[int, int], target: Path) -> None:
    """Write a picture as WebP of a size in pixels, with its color profile."""
    small = image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)
    small.save(target, quality=90, method=2, icc_profile=image.info.get("icc_profile") or b"")
