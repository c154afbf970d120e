"""A tree of picture files, such as ImageFolder reads: class folders, perhaps below splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from stylemix.dataset.sample import Piece, Sample
from stylemix.dataset.sources.base import SPLITS, Scan, Source, fingerprint, parts, refuse_twice
from stylemix.dataset.storage import Entry, Local
from stylemix.dataset.tables import is_table, read_table
from stylemix.errors import DataError
from stylemix.images import is_picture_name

_Beside = tuple[tuple[str, ...], dict[str, Any]]
"""Endings of the files beside a picture, and what a table says of it."""


@dataclass
class Folder(Source):
    """Picture files below a folder.

    A sample's name is its path without the ending; its label is its class folder; other files of
    that name (``a.txt`` beside ``a.jpg``) belong to it. A file ``metadata.csv`` or
    ``metadata.jsonl`` with a column ``file_name``, as Hugging Face's ImageFolder has it, says more
    of the pictures in its folder.
    """

    layout = "folder"

    def scan(self, entries: Sequence[Entry], most: int) -> Scan:
        """List the picture files; see :meth:`Source.scan`."""
        pictures: dict[str, str] = {}
        for entry in entries:
            if is_picture_name(entry.name):
                name = stem(entry.name)
                if name in pictures:
                    refuse_twice(name, pictures[name], entry.name)
                pictures[name] = entry.name
        tables = [e.name for e in entries if is_table(e.name)]
        beside = self._beside(entries, pictures)
        for table in tables:
            self._describe(table, pictures, beside)
        groups: dict[str, list[str]] = {}
        for name in pictures:
            groups.setdefault(group_of(name), []).append(name)
        pieces = [
            Piece(group, len(part), _where(part, pictures, beside))
            for group, names in groups.items()
            for part in parts(names, most)
        ]
        taken = {f"{name}.{ending}" for name, (endings, _) in beside.items() for ending in endings}
        taken.update(pictures.values(), tables)
        labels = {label for name in pictures if (label := label_of(name)) is not None}
        if isinstance(self.storage, Local) and labels:
            self._refuse_empty(pictures)
        return Scan(
            pieces,
            list(pictures),
            fingerprint(self.layout, entries),
            classes=tuple(sorted(labels)),
            endings=tuple(sorted({e for endings, _ in beside.values() for e in endings})),
            described=any(facts for _, facts in beside.values()),
            folders=tuple(sorted({name.rpartition("/")[0] for name in pictures} - {""})),
            tables=tuple(tables),
            loose=tuple(e.name for e in entries if e.name not in taken),
        )

    def read(self, piece: Piece) -> Iterator[Sample]:
        """Read picture files and those beside them; see :meth:`Source.read`."""
        files, beside = piece.where
        for file in files:
            name = stem(file)
            endings, facts = beside.get(name, ((), {}))
            picture, problem = None, None
            try:
                picture = self.storage.read(file)
            except DataError as fault:
                # A network that fails isn't the sample's fault, and the next run may do better.
                if not isinstance(self.storage, Local):
                    raise
                problem = str(fault)
            yield Sample(
                name,
                picture,
                PurePosixPath(file).suffix,
                {ending: self.storage.read(f"{name}.{ending}") for ending in endings},
                label_of(name),
                facts,
                problem=problem,
            )

    def _beside(self, entries: Sequence[Entry], pictures: dict[str, str]) -> dict[str, _Beside]:
        found: dict[str, _Beside] = {}
        for entry in entries:
            if is_picture_name(entry.name) or is_table(entry.name):
                continue
            folder, _, file = entry.name.rpartition("/")
            head = f"{folder}/" if folder else ""
            # a.seg.json belongs to a.jpg, or to a.seg.jpg where there is one.
            for own in (file.rpartition(".")[0], file.partition(".")[0]):
                if own and head + own in pictures:
                    endings, facts = found.get(head + own, ((), {}))
                    found[head + own] = ((*endings, file[len(own) + 1 :]), facts)
                    break
        return found

    def _describe(self, table: str, pictures: dict[str, str], beside: dict[str, _Beside]) -> None:
        """Add what a table says of pictures."""
        folder = table.rpartition("/")[0]
        for row in read_table(table, self.storage.read(table)):
            file = f"{folder}/{row['file_name']}" if folder else row["file_name"]
            name = stem(file)
            if pictures.get(name) != file:
                raise DataError(
                    f"{self.storage.shown(table)} speaks of {row['file_name']!r}, which isn't "
                    "there; correct the table, or bring the picture back"
                )
            endings, facts = beside.get(name, ((), {}))
            more = {key: value for key, value in row.items() if key != "file_name"}
            beside[name] = (endings, {**facts, **more})

    def _refuse_empty(self, pictures: dict[str, str]) -> None:
        """Refuse class folders without pictures, as torchvision does when it reads the result."""
        full = {"/".join(n.split("/")[: i + 1]) for n in pictures for i in range(n.count("/"))}
        for folder in self.storage.folders():
            inner = folder.split("/")
            depth = len(inner) - (inner[0].lower() in SPLITS)
            if depth <= 1 and folder not in full:
                raise DataError(
                    f"the class folder {self.storage.shown(folder)} has no pictures: put some in "
                    "it, or remove it (or move it out of the source, if it is no class)"
                )


def stem(file: str) -> str:
    """Return a path without its last ending."""
    folder, slash, name = file.rpartition("/")
    return folder + slash + name.rpartition(".")[0]


def group_of(name: str) -> str:
    """Return the split that a path begins with, or an empty string."""
    first, slash, _ = name.partition("/")
    return first if slash and first.lower() in SPLITS else ""


def label_of(name: str) -> str | None:
    """Return the class folder of a sample; None where it lies in none."""
    group = group_of(name)
    inner = name[len(group) + 1 :] if group else name
    first, slash, _ = inner.partition("/")
    return first if slash else None


def _where(
    names: Sequence[str], pictures: dict[str, str], beside: dict[str, _Beside]
) -> tuple[tuple[str, ...], dict[str, _Beside]]:
    return (
        tuple(pictures[name] for name in names),
        {name: beside[name] for name in names if name in beside},
    )
