"""Tar shards in the layout of WebDataset: the files of a sample share a name and lie together."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from stylemix.dataset.sample import Piece, Sample
from stylemix.dataset.sources.base import Scan, Source, fingerprint, refuse_twice
from stylemix.dataset.storage import Entry
from stylemix.errors import DataError
from stylemix.images import picture_endings

_FIRST = (".jpg", ".jpeg", ".png", ".webp")
"""Of several pictures in a sample, the first of these is the photograph: masks are mostly PNG."""

_LABELS = ("cls.txt", "cls")
_ANY = ("shard", "shards", "part", "data")
"""Names of shards that say nothing of what is in them."""

_NUMBER = re.compile(r"[-_.]*\d+(-of-\d+)?$")


@dataclass(frozen=True)
class Stretch:
    """Samples that follow each other in a shard.

    Attributes:
        shard: the file.
        start: where the first begins, in bytes.
        stop: where the one behind the last begins.
        count: of files.
    """

    shard: str
    start: int
    stop: int
    count: int


@dataclass
class Shards(Source):
    """Tar files, whose members ``dir/name.ending`` belong to the sample ``dir/name``."""

    layout = "shards"

    def scan(self, entries: Sequence[Entry], most: int) -> Scan:
        """List the samples of all shards by their headers; see :meth:`Source.scan`."""
        shards = [e for e in entries if e.name.endswith(".tar")]
        pieces: list[Piece] = []
        seen: dict[str, str] = {}
        endings: set[str] = set()
        with ThreadPoolExecutor(8) as pool:
            for entry, (starts, ends) in zip(shards, pool.map(self._index, shards), strict=True):
                endings |= ends
                for name, _, _ in starts[:-1]:
                    if name in seen:
                        refuse_twice(name, self._place(name, seen[name]), entry.name)
                    seen[name] = entry.name
                bounds = [*range(0, len(starts) - 1, most), len(starts) - 1]
                for first, last in pairwise(bounds):
                    (_, start, before), (_, stop, behind) = starts[first], starts[last]
                    stretch = Stretch(entry.name, start, stop, behind - before)
                    pieces.append(Piece(group_of(entry.name), last - first, stretch))
        loose = tuple(e.name for e in entries if not e.name.endswith(".tar"))
        return Scan(
            list(_regrouped(pieces)),
            list(seen),
            fingerprint(self.layout, shards),
            endings=tuple(sorted(e for e in endings if not _is_picture(e))),
            loose=loose,
        )

    def _place(self, name: str, shard: str) -> str:
        return f"{shard} (the files of one sample must lie together)"

    def _index(self, entry: Entry) -> tuple[list[tuple[str, int, int]], set[str]]:
        """Return name, offset and number of the first file of each sample, and of the end.

        The second is the set of all endings.
        """
        found: list[tuple[str, int, int]] = []
        endings: set[str] = set()
        with self.storage.open(entry.name) as file:
            number = 0
            for member in self._members(file, entry.name):
                if member.isfile():
                    name, ending = split(member.name)
                    if name.startswith("/") or ".." in name.split("/"):
                        raise DataError(
                            f"{self.storage.shown(entry.name)} holds {member.name!r}, a path out "
                            "of the folder that it is unpacked to; rename it"
                        )
                    endings.add(ending)
                    if not found or found[-1][0] != name:
                        found.append((name, member.offset, number))
                    number += 1
                stop = member.offset_data + -(-member.size // 512) * 512
            if not found:
                raise DataError(f"{self.storage.shown(entry.name)} holds no files; remove it")
            # Behind whole members lie two blocks of zeros, which a file cut between two lacks.
            file.seek(0, 2)
            if file.tell() < stop + 1024:
                raise self._damaged(entry.name, "it ends too early")
        return [*found, ("", stop, number)], endings

    def _members(self, file: BinaryIO, shard: str) -> Iterator[tarfile.TarInfo]:
        try:
            with tarfile.open(fileobj=file, mode="r:") as archive:
                for member in archive:
                    yield member
                    # It remembers all that it has seen.
                    archive.members = []  # type: ignore[attr-defined]
        except (tarfile.TarError, OSError) as problem:
            raise self._damaged(shard, str(problem)) from problem

    def read(self, piece: Piece) -> Iterator[Sample]:
        """Read a stretch of a shard; see :meth:`Source.read`."""
        stretch: Stretch = piece.where
        name, files = "", dict[str, bytes]()
        with self.storage.open(stretch.shard) as file:
            file.seek(stretch.start)
            left = stretch.count
            for member in self._members(file, stretch.shard):
                if not member.isfile():
                    continue
                file.seek(member.offset_data)
                body = file.read(member.size)
                if len(body) < member.size:
                    raise self._damaged(stretch.shard, "it ends too early")
                own, ending = split(member.name)
                if own != name and files:
                    yield _sample(name, files)
                    files = {}
                name, left = own, left - 1
                files[ending] = body
                if not left:
                    break
        if left:
            raise self._damaged(stretch.shard, "it ends too early")
        yield _sample(name, files)

    def _damaged(self, shard: str, reason: str) -> DataError:
        return DataError(
            f"the tar shard {self.storage.shown(shard)} is damaged or cut short ({reason}); copy "
            "it again, or remove it"
        )


def split(member: str) -> tuple[str, str]:
    """Return a member's sample and ending: what lies before and behind its name's first dot."""
    folder, slash, file = member.removeprefix("./").rpartition("/")
    name, _, ending = file.partition(".")
    return folder + slash + name, ending.lower()


def group_of(shard: str) -> str:
    """Return a shard's path without its ending and number: ``train-0001.tar`` is of ``train``."""
    folder, slash, file = shard.removesuffix(".tar").rpartition("/")
    kind = _NUMBER.sub("", file)
    return (folder + slash + ("" if kind in _ANY else kind)).rstrip("/")


def _sample(name: str, files: dict[str, bytes]) -> Sample:
    ending = _picture(files)
    if ending is None:
        held = ", ".join(files)
        return Sample(name, None, files=files, problem=f"it holds no picture (but {held})")
    rest = {key: body for key, body in files.items() if key != ending}
    label = next((rest[k].decode("utf-8", "replace").strip() for k in _LABELS if k in rest), None)
    return Sample(name, files[ending], f".{ending}", rest, label)


def _picture(files: dict[str, bytes]) -> str | None:
    known = [e for e in files if _is_picture(e)]
    first = [e.removeprefix(".") for e in _FIRST]
    return min(known, key=lambda e: first.index(e) if e in first else len(first), default=None)


def _is_picture(ending: str) -> bool:
    return f".{ending}" in picture_endings()


def _regrouped(pieces: list[Piece]) -> Iterator[Piece]:
    """Bring the pieces of each group together, in the order of their first."""
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.group, []).append(piece)
    for group in groups.values():
        yield from group
