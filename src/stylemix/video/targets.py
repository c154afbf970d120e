"""Where a result goes; nothing slow is imported to refuse what can't be."""

from __future__ import annotations

import os
from pathlib import Path

from stylemix.errors import ConfigError, VideoError
from stylemix.video.formats import Codec, choose_codec

_WHOLE = ("gif", "webp")  # containers that are written in one piece


def is_folder(target: str | os.PathLike[str]) -> bool:
    """Tell whether frames go to a folder: one that exists, or a name without an ending."""
    name = os.fspath(target)
    return os.path.isdir(name) or name.endswith(("/", os.sep)) or not Path(name).suffix


def check_target(
    target: str | os.PathLike[str],
    source: str,
    codec: str | None,
    crf: int | None,
    *,
    resume: bool,
) -> tuple[str, Codec, int | None] | None:
    """Return a file's container, codec and constant quality, or None for a folder of frames.

    Args:
        target: a file or a folder.
        source: path of what is read.
        codec: see :func:`stylemix.video.formats.choose_codec`.
        crf: see there.
        resume: whether a later run shall be able to go on.

    Raises:
        VideoError: the source would be overwritten, or the folder of the file isn't there or can't
            be written to.
        ConfigError: container, codec, crf and resume don't fit together.
    """
    path = Path(target)
    if path.exists() and os.path.exists(source) and os.path.samefile(path, source):
        raise VideoError(f"{str(path)!r} is read and would be overwritten; choose another name")
    if is_folder(target):
        if codec is not None or crf is not None:
            raise ConfigError(
                "a folder gets PNG files, which have no codec and crf; leave them out"
            )
        return None
    container, chosen, quality = choose_codec(path, codec, crf)
    if resume and container in _WHOLE:
        raise ConfigError(
            f"{path.suffix} files are written in one piece, which can't be resumed: write a video "
            "or a folder of frames, and convert it"
        )
    parent = path.resolve().parent
    if not parent.is_dir():
        raise VideoError(f"the folder {str(parent)!r} doesn't exist: create it first")
    if not os.access(parent, os.W_OK):
        raise VideoError(f"you may not write to {str(parent)!r}: choose another folder")
    return container, chosen, quality
