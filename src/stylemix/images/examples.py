"""The example pictures: in the wheel, or in the repository that this package lies in."""

from __future__ import annotations

from pathlib import Path

from stylemix.errors import PictureError
from stylemix.images.files import is_picture_name

_PACKAGE = Path(__file__).resolve().parents[1]


def examples_folder() -> Path:
    """Return the folder that holds ``photos`` and ``paintings``.

    Raises:
        PictureError: this installation has none.
    """
    for folder in (_PACKAGE / "examples", _PACKAGE.parents[1] / "examples"):
        if (folder / "photos").is_dir() and (folder / "paintings").is_dir():
            return folder
    raise PictureError("the example pictures are missing: install stylemix from its wheel")


def example_pictures() -> list[Path]:
    """Return the files of the photographs, and then of the paintings, by name.

    Raises:
        PictureError: this installation has none.
    """
    folder = examples_folder()
    return [
        file
        for kind in ("photos", "paintings")
        for file in sorted((folder / kind).iterdir())
        if is_picture_name(file)
    ]
