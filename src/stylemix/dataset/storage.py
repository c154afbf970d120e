"""Where files lie: a folder of this machine, or a URL through fsspec; every write is whole."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from stylemix.dataset.extras import fsspec
from stylemix.errors import DataError, StylemixError
from stylemix.images.write_errors import FULL

STATE = ".stylemix"
"""The folder of an unfinished output, in which temporary files lie too."""


@dataclass(frozen=True)
class Entry:
    """A file.

    Attributes:
        name: below the storage's root, with slashes.
        size: in bytes.
        stamp: what changes when the file is written again: its time, or the store's tag.
    """

    name: str
    size: int
    stamp: str


class Storage(ABC):
    """Files below a root. It can be pickled, for other processes and machines.

    Every method raises a :class:`DataError` that names the file and says what to do.

    Args:
        root: as the user gave it.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    @abstractmethod
    def walk(self) -> Iterator[Entry]:
        """Return the files in the order of their names, without hidden files and folders."""

    @abstractmethod
    def folders(self) -> list[str]:
        """Return the folders below the root, without hidden ones."""

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; it can seek."""

    @abstractmethod
    def write(self, name: str, body: bytes | Iterable[bytes]) -> None:
        """Write a file that is whole or not there, and make its folders.

        Args:
            name: of the file.
            body: what is in it, whole or in parts.
        """

    @abstractmethod
    def settle(self, names: Iterable[str]) -> None:
        """Return when files that were written would outlast a power cut."""

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder; none where it isn't there."""

    @abstractmethod
    def remove(self, folder: str) -> None:
        """Remove a folder with all that is in it, if it is there."""

    @abstractmethod
    def make_folder(self, name: str) -> None:
        """Make a folder, where the storage knows folders without files."""

    def read(self, name: str) -> bytes:
        """Return a file's contents."""
        with self.open(name) as file:
            return self.guard(name, file.read)

    def shown(self, name: str) -> str:
        """Return what to call a file in messages."""
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def guard(self, name: str, action: Any, *arguments: Any) -> Any:
        """Call a function whose errors speak of a file.

        Raises:
            DataError: it failed.
        """
        try:
            return action(*arguments)
        except (StylemixError, MemoryError):
            raise
        except FileNotFoundError:
            raise DataError(f"{self.shown(name)} isn't there; check the path") from None
        except OSError as problem:
            raise DataError(f"{self.shown(name)} {_remedy(problem)}") from problem
        # What fsspec's many stores raise has no common base.
        except Exception as problem:
            raise DataError(
                f"{self.shown(name)} can't be reached ({type(problem).__name__}: {problem}); "
                "check the address and your rights"
            ) from problem


class Local(Storage):
    """A folder of this machine."""

    def walk(self) -> Iterator[Entry]:
        """Return the files in the order of their names; links are followed."""
        for folder, folders, files in os.walk(self.root, followlinks=True, onerror=self._refuse):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for file in sorted(files):
                if not file.startswith("."):
                    path = os.path.join(folder, file)
                    name = os.path.relpath(path, self.root).replace(os.sep, "/")
                    found = self.guard(name, os.stat, path)
                    yield Entry(name, found.st_size, str(found.st_mtime_ns))

    def folders(self) -> list[str]:
        """Return the folders below the root, without hidden ones."""
        found = []
        for folder, folders, _ in os.walk(self.root, followlinks=True):
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            found += [os.path.relpath(os.path.join(folder, f), self.root) for f in folders]
        return [name.replace(os.sep, "/") for name in found]

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        path = self._path(name)
        found: BinaryIO = self.guard(name, lambda: open(path, "rb"))  # noqa: SIM115
        return found

    def write(self, name: str, body: bytes | Iterable[bytes]) -> None:
        """Write a file that is whole or not there: under a temporary name, then moved."""
        self.guard(name, self._write, name, body)

    def _write(self, name: str, body: bytes | Iterable[bytes]) -> None:
        target = self._path(name)
        part = Path(self.root, STATE, "part", secrets.token_hex(8))
        try:
            # Folders that are there already, as most are, cost one failed call each.
            for folder in (part.parent, target.parent):
                folder.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as file:
                file.writelines([body] if isinstance(body, bytes) else body)
            os.replace(part, target)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def settle(self, names: Iterable[str]) -> None:
        """Bring files and the folders they are in to the disk."""
        paths = [self._path(name) for name in names]
        folders = {path.parent for path in paths} if os.name == "posix" else set()
        for path in (*paths, *sorted(folders)):
            self.guard(str(path), _sync, path)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""
        try:
            return sorted(entry.name for entry in os.scandir(self._path(folder)) if entry.is_file())
        except FileNotFoundError:
            return []

    def remove(self, folder: str) -> None:
        """Remove a folder with all that is in it."""
        if self._path(folder).exists():
            self.guard(folder, shutil.rmtree, self._path(folder))

    def make_folder(self, name: str) -> None:
        """Make a folder."""
        self.guard(name, lambda: self._path(name).mkdir(parents=True, exist_ok=True))

    def _path(self, name: str) -> Path:
        return Path(self.root, name)

    def _refuse(self, problem: OSError) -> None:
        raise DataError(f"{problem.filename} {_remedy(problem)}") from problem


class Remote(Storage):
    """A URL that fsspec knows, such as ``s3://bucket/set``."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self._known: tuple[Any, str] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave connections behind: each process makes its own."""
        return {"root": self.root, "_known": None}

    @property
    def _system(self) -> tuple[Any, str]:
        if self._known is None:
            self._known = self.guard("", fsspec().core.url_to_fs, self.root)
            system, base = self._known
            self._known = system, base.rstrip("/")
        return self._known

    def _path(self, name: str) -> str:
        base = self._system[1]
        return f"{base}/{name}" if name else base

    def walk(self) -> Iterator[Entry]:
        """Return the files in the order of their names."""
        system, base = self._system
        found = self.guard("", lambda: system.find(base, detail=True))
        for path in sorted(found):
            name = path[len(base) :].lstrip("/")
            if name and not any(part.startswith(".") for part in name.split("/")):
                about = found[path]
                yield Entry(name, int(about.get("size") or 0), _stamp(about))

    def folders(self) -> list[str]:
        """Return the folders that hold files; object stores have no others."""
        names = [entry.name.split("/")[:-1] for entry in self.walk()]
        return sorted({"/".join(n[: i + 1]) for n in names for i in range(len(n))})

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        system, path = self._system[0], self._path(name)
        found: BinaryIO = self.guard(name, lambda: system.open(path, "rb"))
        return found

    def write(self, name: str, body: bytes | Iterable[bytes]) -> None:
        """Write a file that is whole or not there: under a temporary name, then moved."""
        self.guard(name, self._write, name, body)

    def _write(self, name: str, body: bytes | Iterable[bytes]) -> None:
        system, path = self._system[0], self._path(name)
        part = self._path(f"{STATE}/part/{secrets.token_hex(8)}")
        for place in (part, path):
            system.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
        with system.open(part, "wb") as file:
            for chunk in [body] if isinstance(body, bytes) else body:
                file.write(chunk)
        system.mv(part, path)

    def settle(self, names: Iterable[str]) -> None:
        """Do nothing: what a store has taken, it keeps."""

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder."""
        system, path = self._system[0], self._path(folder)
        system.invalidate_cache()
        try:
            found = system.ls(path, detail=True)
        except FileNotFoundError:
            return []
        return sorted(f["name"].rsplit("/", 1)[-1] for f in found if f["type"] == "file")

    def remove(self, folder: str) -> None:
        """Remove a folder with all that is in it."""
        system, path = self._system[0], self._path(folder)
        system.invalidate_cache()
        if system.exists(path):
            self.guard(folder, lambda: system.rm(path, recursive=True))

    def make_folder(self, name: str) -> None:
        """Do nothing: object stores have no empty folders."""


def storage(root: str | os.PathLike[str]) -> Storage:
    """Return the storage of a path or URL; nothing is looked at yet."""
    named = os.fspath(root)
    return Remote(named) if "://" in named else Local(named)


def _stamp(about: dict[str, Any]) -> str:
    for key in ("ETag", "etag", "md5Hash", "blob_id", "LastModified", "mtime", "created"):
        if about.get(key):
            return str(about[key])
    return ""


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remedy(problem: OSError) -> str:
    reason = problem.strerror or str(problem)
    if problem.errno in FULL:
        return (
            f"can't be written ({reason}): the disk or its quota is full; free some space, and "
            "the same command goes on"
        )
    return f"can't be read or written ({reason}): check the path and your rights"
