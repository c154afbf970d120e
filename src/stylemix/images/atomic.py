"""Writing files that are complete or not there at all, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from stylemix.errors import StylemixError

_ENDING = ".part"
_ABANDONED = 3600.0
"""Seconds after which a temporary file is taken for one that a killed process left."""


@contextmanager
def replacing(
    targets: Sequence[Path], explain: Callable[[Exception], StylemixError]
) -> Iterator[list[Path]]:
    """Replace files in one go: the former ones stay until all of the new ones are on the disk.

    An error or a kill leaves no file half-written. Only a kill between the last moves of several
    files leaves some new ones among the former.

    Args:
        targets: the files, in the order in which they are moved to their places; their folders
            exist.
        explain: makes the error from an ``OSError`` or a ``SafetensorError``.

    Yields:
        An empty temporary file beside each target, with the permissions of any new file: to be
        written to. They are gone afterwards.

    Raises:
        StylemixError: what ``explain`` made: a file can't be written.
    """
    parts = [_beside(target) for target in targets]
    try:
        try:
            for part in parts:
                part.touch(exist_ok=False)
            modes = [part.stat().st_mode for part in parts]
            yield parts
            for part, mode in zip(parts, modes, strict=True):
                # Libraries that make the file anew let its owner alone read it.
                os.chmod(part, mode)
                # What fsync hasn't brought to the disk, a power cut may leave out of the new file.
                with open(part, "rb+") as file:
                    os.fsync(file.fileno())
            for part, target in zip(parts, targets, strict=True):
                os.replace(part, target)
        finally:
            for part in parts:
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
    except (OSError, SafetensorError) as problem:
        raise explain(problem) from problem


def remove_abandoned(target: Path) -> None:
    """Remove temporary files that killed processes left beside a target more than an hour ago."""
    for part in target.parent.glob(f".{glob.escape(target.name[:50])}.*{_ENDING}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                part.unlink()


def _beside(target: Path) -> Path:
    # File systems allow 255 bytes, of which a letter may take four.
    return target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}{_ENDING}")
