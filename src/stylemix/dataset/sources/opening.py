"""From a path, a pattern or an address to the source that it stands for."""

from __future__ import annotations

import fnmatch
import glob
import os

from stylemix.dataset.sources.base import Source
from stylemix.dataset.sources.folder import Folder
from stylemix.dataset.sources.parquet import Parquet
from stylemix.dataset.sources.shards import Shards
from stylemix.dataset.storage import Entry, storage
from stylemix.errors import DataError
from stylemix.images import is_picture_name

_KINDS: dict[str, type[Source]] = {".tar": Shards, ".parquet": Parquet}


def open_source(place: str | os.PathLike[str], what: str) -> tuple[Source, list[Entry]]:
    """Return a source and its files.

    Args:
        place: a folder, a file, a pattern such as ``shards/train-*.tar``, or the address of one
            that fsspec knows.
        what: to call it in messages.

    Raises:
        DataError: there are no pictures, shards or Parquet files in it, or several of these.
    """
    named = os.fspath(place)
    root, pattern = _split(named)
    found = storage(root)
    entries = [e for e in found.walk() if pattern is None or _fits(e.name, pattern)]
    kinds = {
        kind for ending, kind in _KINDS.items() if any(e.name.endswith(ending) for e in entries)
    }
    if any(is_picture_name(e.name) for e in entries):
        kinds.add(Folder)
    if not kinds:
        raise DataError(
            f"{what}: {named} holds no pictures, tar shards or Parquet files"
            + ("" if entries else " (it is empty, or isn't there)")
            + "; check the path"
        )
    if len(kinds) > 1:
        layouts = " and ".join(sorted(kind.layout for kind in kinds))
        raise DataError(
            f"{what}: {named} holds samples in several layouts ({layouts}); give the folder of one "
            "of them, or a pattern such as 'train-*.tar'"
        )
    return kinds.pop()(found, pattern), entries


def _fits(name: str, pattern: str) -> bool:
    """Tell whether a path fits a pattern, whose stars match within one folder, ``**`` any."""
    deep = "**" in pattern
    return (deep or name.count("/") == pattern.count("/")) and fnmatch.fnmatchcase(name, pattern)


def _split(named: str) -> tuple[str, str | None]:
    """Return a folder, and the pattern of the files in it where not all of them are meant."""
    remote = "://" in named
    if not remote and not os.path.exists(named) and not glob.has_magic(named):
        raise DataError(f"there is no {named}; check the path")
    if glob.has_magic(named) and (remote or not os.path.exists(named)):
        inner = named.split("/")
        first = next(i for i, part in enumerate(inner) if glob.has_magic(part))
        return "/".join(inner[:first]) or ("/" if named.startswith("/") else "."), "/".join(
            inner[first:]
        )
    one = named.endswith((*_KINDS, ".tar.gz", ".tgz")) or (is_picture_name(named))
    if one and not os.path.isdir(named):
        if named.endswith((".tar.gz", ".tgz")):
            raise DataError(f"{named} is compressed; unpack it to a .tar first (gunzip)")
        folder, _, file = named.replace(os.sep, "/").rpartition("/")
        return folder or ".", glob.escape(file)
    return named, None
