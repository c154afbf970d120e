"""Photographs and paintings to try, and pairs of them that go well together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stylemix.demo.results import preview
from stylemix.errors import PictureError
from stylemix.images import is_picture_name
from stylemix.images.examples import examples_folder

THUMBNAIL = 240
PAIRS = (
    ("temple", "swirling-night"),
    ("cat", "rose-window"),
    ("mountains", "knife-birches"),
    ("astronaut", "rolling-waves"),
    ("coffee", "dotted-river"),
    ("dandelion", "wild-harbour"),
)
"""Stems of the photographs and paintings whose finished pictures are offered, the best first."""
MOST = 12
"""Pictures of each kind that the page shows."""


@dataclass(frozen=True)
class Example:
    """One picture to choose.

    Attributes:
        picture: path of the picture in full size.
        thumbnail: path of a small WebP of it.
        title: from its file name.
    """

    picture: str
    thumbnail: str
    title: str


@dataclass(frozen=True)
class Examples:
    """What the page offers; all empty where there is no folder of examples."""

    photos: tuple[Example, ...] = ()
    paintings: tuple[Example, ...] = ()

    @property
    def pairs(self) -> tuple[tuple[Example, Example], ...]:
        """Photographs with a painting each: those of :data:`PAIRS`, or else the first ones."""
        photos = {Path(e.picture).stem: e for e in self.photos}
        paintings = {Path(e.picture).stem: e for e in self.paintings}
        known = [(photos[a], paintings[b]) for a, b in PAIRS if a in photos and b in paintings]
        return tuple(known or list(zip(self.photos, self.paintings, strict=False))[: len(PAIRS)])


def find_folder() -> Path | None:
    """Find the examples: those of this installation, or of the folder that it is run in."""
    try:
        return examples_folder()
    except PictureError:
        folder = Path.cwd() / "examples"
    return folder if (folder / "photos").is_dir() and (folder / "paintings").is_dir() else None


def prepare(source: Path | None, target: Path) -> Examples:
    """Copy examples into a folder that the server may serve, with thumbnails.

    Args:
        source: a folder with the folders ``photos`` and ``paintings``; either may be missing.
        target: where the copies go.

    Raises:
        PictureError: one of the files is no picture.
    """
    if source is None:
        return Examples()
    return Examples(
        _prepare(source / "photos", target / "photos"),
        _prepare(source / "paintings", target / "paintings"),
    )


def _prepare(source: Path, target: Path) -> tuple[Example, ...]:
    if not source.is_dir():
        return ()
    files = sorted(f for f in source.iterdir() if is_picture_name(f) and f.is_file())
    found = []
    for file in files[:MOST]:
        target.mkdir(parents=True, exist_ok=True)
        copy = target / file.name
        copy.write_bytes(file.read_bytes())
        thumbnail = target / "thumbnails" / f"{file.stem}.webp"
        preview(str(file), thumbnail, THUMBNAIL)
        title = file.stem.replace("-", " ").replace("_", " ").capitalize()
        found.append(Example(str(copy), str(thumbnail), title))
    return tuple(found)
