"""Wrong paths, found before anything slow is imported."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable

from stylemix.errors import PictureError, missing_file

_ENDINGS = (
    ".avif",
    ".bmp",
    ".gif",
    ".heic",
    ".heif",
    ".jpeg",
    ".jpg",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
)
"""A style of such a name is a file; others may be names that the model knows."""


def refuse_missing(content: str, styles: Iterable[str], masks: Iterable[str], out: str) -> None:
    """Refuse files that aren't there; what is there is looked at when it is read.

    Args:
        content: a picture file, a folder or a pattern.
        styles: picture files, or names that the model may know.
        masks: picture files.
        out: the result's file or folder.

    Raises:
        PictureError: a file is missing, or the folder that the result would lie in.
    """
    named = [content] if not glob.has_magic(content) else []
    pictures = [s for s in styles if os.path.splitext(s)[1].lower() in _ENDINGS or "://" in s]
    for path in (*named, *pictures, *masks):
        if not os.path.exists(path):
            raise missing_file(path)
    parent = os.path.dirname(out) or "."
    if not os.path.isdir(content) and not glob.has_magic(content) and not os.path.isdir(parent):
        raise PictureError(f"the folder {parent!r} doesn't exist: create it first")
