"""What a source of samples is: it is scanned once, and read in pieces by any process."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, TypeVar

from stylemix.dataset.sample import Piece, Sample
from stylemix.dataset.storage import Entry, Storage
from stylemix.errors import DataError

T = TypeVar("T")

SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval")
"""Folders and name beginnings that are taken for splits."""


@dataclass(frozen=True)
class Scan:
    """What there is in a source.

    Attributes:
        pieces: all samples, in order.
        names: of all samples; empty where they are made of row numbers and can't clash.
        fingerprint: tells whether the source has changed: files, bytes and a digest of names,
            sizes and times.
        classes: the names of all classes, in the order of their numbers.
        endings: of the files beside pictures, sorted.
        described: whether tables say more of the pictures.
        folders: the folders of a tree that hold pictures.
        tables: files of a tree that hold a row for each of its pictures.
        loose: other files of a tree that belong to no sample.
    """

    pieces: list[Piece]
    names: list[str]
    fingerprint: dict[str, Any]
    classes: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    described: bool = False
    folders: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many samples there are."""
        return sum(piece.count for piece in self.pieces)


@dataclass
class Source(ABC):
    """Samples in one layout. It is small and can be pickled, for other processes and machines.

    Attributes:
        storage: where its files lie.
        pattern: of the files that belong to it; None where all in the storage do.
        classes: the names that numbers of classes stand for; known after the scan.
    """

    storage: Storage
    pattern: str | None = None
    classes: tuple[str, ...] = field(default=(), kw_only=True)
    layout: ClassVar[str]

    @abstractmethod
    def scan(self, entries: Sequence[Entry], most: int) -> Scan:
        """List the samples.

        Args:
            entries: the source's files.
            most: samples in a piece at most.

        Raises:
            DataError: two samples have one name, a file is damaged, or there are no samples.
        """

    @abstractmethod
    def read(self, piece: Piece) -> Iterator[Sample]:
        """Read the samples of a piece, in order.

        A sample that can't be read comes with its ``problem``.

        Raises:
            DataError: the file of many samples can't be read, or has changed.
        """


def fingerprint(layout: str, entries: Iterable[Entry]) -> dict[str, Any]:
    """Return what tells whether files have changed."""
    digest, count, size = hashlib.sha256(), 0, 0
    for entry in entries:
        digest.update(f"{entry.name}\0{entry.size}\0{entry.stamp}\n".encode())
        count += 1
        size += entry.size
    return {"layout": layout, "files": count, "bytes": size, "sha256": digest.hexdigest()}


def parts(items: Iterable[T], most: int) -> Iterator[tuple[T, ...]]:
    """Cut a row of things into tuples of at most so many."""
    rest = iter(items)
    while part := tuple(islice(rest, most)):
        yield part


def refuse_twice(name: str, one: str, other: str) -> None:
    """Raise the error of two samples that have one name.

    Raises:
        DataError: always.
    """
    raise DataError(
        f"two samples are named {name!r}: {one} and {other}; names decide the pairing and the "
        "files of the results, so rename one of them"
    )
