"""Keeps the folder of uploads and results within its bounds."""

from __future__ import annotations

import threading
import time
from pathlib import Path


def sweep(folder: Path, max_bytes: int, max_age: float) -> None:
    """Delete files that are too old, then the oldest until the rest fits; then empty folders.

    Args:
        folder: swept with everything below it.
        max_bytes: what may stay.
        max_age: in seconds.
    """
    now = time.time()
    files = []
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                stat = path.stat()
                files.append((stat.st_mtime, stat.st_size, path))
        except OSError:
            continue  # deleted meanwhile
    files.sort(key=lambda entry: entry[0], reverse=True)
    kept = 0
    for changed, size, path in files:
        if now - changed > max_age or kept + size > max_bytes:
            path.unlink(missing_ok=True)
        else:
            kept += size
    for path in sorted(folder.rglob("*"), reverse=True):
        try:
            # A folder that was just made is about to be filled.
            if path.is_dir() and now - path.stat().st_mtime > 60:
                path.rmdir()
        except OSError:
            continue  # not empty, or gone


class Sweeper:
    """Calls :func:`sweep` again and again, in a thread of its own.

    Args:
        folder: as for :func:`sweep`, like the next two.
        max_bytes: what may stay.
        max_age: in seconds.
        every: seconds between two sweeps.
    """

    def __init__(self, folder: Path, max_bytes: int, max_age: float, every: float = 20) -> None:
        self._ended = threading.Event()
        self._arguments = (folder, max_bytes, max_age)
        self._every = every
        self._thread = threading.Thread(target=self._run, daemon=True, name="stylemix-sweeper")
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            sweep(*self._arguments)
