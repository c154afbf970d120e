"""The folder of compiled graphs: files that are whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import tempfile
from pathlib import Path

log = logging.getLogger(__name__)

VARIABLE = "STYLEMIX_CACHE_DIR"
"""Environment variable that names another folder."""
KEPT = 24
"""Graphs that are kept, 10 to 30 MB each; those that were used longest ago go first."""
_HEAD = b"stylemix graph 1\n"
_DIGEST = hashlib.sha256().digest_size


def cache_folder() -> Path:
    """Return the folder of compiled graphs, in the place where the platform keeps such."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser() / "graphs"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return base / "stylemix" / "Cache" / "graphs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "stylemix" / "graphs"
    named = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore relative paths.
    base = Path(named) if os.path.isabs(named) else Path.home() / ".cache"
    return base / "stylemix" / "graphs"


def read(name: str) -> bytes | None:
    """Return the contents of a graph's file; None where it is missing, damaged or no file."""
    try:
        path = cache_folder() / name
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, RuntimeError) as problem:  # RuntimeError: there is no home folder
        log.warning("the compiled graph %s can't be read (%s); compiling anew", name, problem)
        return None
    start = len(_HEAD) + _DIGEST
    body = found[start:]
    if found[: len(_HEAD)] != _HEAD or hashlib.sha256(body).digest() != found[len(_HEAD) : start]:
        log.warning("%s is damaged or no compiled graph; compiling anew", path)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # it was used: others go first
    return body


def write(name: str, body: bytes) -> None:
    """Keep a graph for other processes; where that can't be, a line in the log says so.

    The file is written beside its place and moved there, so that processes that read or write it
    at the same time find an old one or a new one.
    """
    temporary: str | None = None
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(_HEAD + hashlib.sha256(body).digest())
            file.write(body)
        os.replace(temporary, folder / name)
        temporary = None
        _make_room(folder)
    except (OSError, RuntimeError) as problem:
        log.warning(
            "the compiled graph can't be kept (%s), so the next process compiles it again; %s "
            "names another folder",
            problem,
            VARIABLE,
        )
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _make_room(folder: Path) -> None:
    """Remove the graphs that were used longest ago, and what killed processes left."""
    found = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime, path))
    found.sort(reverse=True)
    for _, path in found[KEPT:]:
        with contextlib.suppress(OSError):
            path.unlink()
