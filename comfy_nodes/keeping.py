"""What is saved of an optimization that was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import folder_paths
from PIL import Image

from stylemix.errors import PictureError
from stylemix.images import save

from .telling import warn

PREFIX = "stylemix_cancelled"


def keep(pictures: Sequence[Image.Image]) -> list[Path]:
    """Save pictures into ComfyUI's output folder, and say so; return where they are.

    A picture that can't be saved is left out: the user is waiting for the end.
    """
    written: list[Path] = []
    for picture in pictures:
        folder, name, counter, _, _ = folder_paths.get_save_image_path(
            PREFIX, folder_paths.get_output_directory(), *picture.size
        )
        path = Path(folder) / f"{name}_{counter:05}_.png"
        try:
            save(picture, path)
        except PictureError as problem:
            warn(f"the picture so far can't be kept ({problem})")
        else:
            written.append(path)
    if written:
        warn("cancelled; the picture so far is in " + ", ".join(f.name for f in written[-3:]))
    return written
