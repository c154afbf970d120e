"""Parquet files in the layout of Hugging Face's ``datasets``: pictures as bytes in a column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from stylemix.dataset.extras import parquet, pyarrow
from stylemix.dataset.sample import Piece, Sample
from stylemix.dataset.sources.base import Scan, Source, fingerprint
from stylemix.dataset.storage import Entry
from stylemix.errors import DataError

_NUMBER = re.compile(r"-\d+-of-\d+$|[-_.]*\d+$")


@dataclass
class Parquet(Source):
    """Rows of Parquet files.

    The picture is the column that the metadata of ``datasets`` calls an Image, or the one of
    structures with ``bytes`` and ``path``; every other column is kept. A sample's name is its file
    and the number of its row.

    Attributes:
        column: the picture's; known after the scan.
        label: the column of class numbers, or None.
        columns: the names of all.
    """

    column: str = field(default="", kw_only=True)
    columns: tuple[str, ...] = field(default=(), kw_only=True)
    label: str | None = field(default=None, kw_only=True)

    layout = "parquet"

    def scan(self, entries: Sequence[Entry], most: int) -> Scan:
        """List the rows by the files' footers; see :meth:`Source.scan`."""
        files = [e for e in entries if e.name.endswith(".parquet")]
        groups: dict[str, list[Piece]] = {}
        schema: Any = None
        for entry in files:
            with self._open(entry.name) as table:
                if schema is None:
                    schema = table.schema_arrow
                elif not schema.equals(table.schema_arrow):
                    raise DataError(
                        f"{self.storage.shown(entry.name)} has other columns than {files[0].name}; "
                        "give data sets of different columns one by one"
                    )
                rows = table.metadata.num_rows
            for start in range(0, rows, most):
                stop = min(start + most, rows)
                group = group_of(entry.name)
                piece = Piece(group, stop - start, (entry.name, start, stop))
                groups.setdefault(group, []).append(piece)
        self.column, self.label, self.classes = _columns(schema, self.storage.shown(files[0].name))
        self.columns = tuple(schema.names)
        loose = tuple(e.name for e in entries if not e.name.endswith(".parquet"))
        pieces = [piece for group in groups.values() for piece in group]
        return Scan(pieces, [], fingerprint(self.layout, files), classes=self.classes, loose=loose)

    def read(self, piece: Piece) -> Iterator[Sample]:
        """Read some rows; see :meth:`Source.read`."""
        file, start, stop = piece.where
        with self._open(file) as table:
            first = 0
            for group in range(table.metadata.num_row_groups):
                rows = table.metadata.row_group(group).num_rows
                low, high = max(start - first, 0), min(stop - first, rows)
                if low < high:
                    try:
                        found = table.read_row_group(group).slice(low, high - low)
                    except (pyarrow().ArrowException, OSError) as problem:
                        raise self._damaged(file, problem) from problem
                    yield from self._samples(found, file, first + low)
                first += rows

    def _samples(self, table: Any, file: str, first: int) -> Iterator[Sample]:
        pictures = table.column(self.column)
        rest = table.drop_columns([self.column])
        for i in range(table.num_rows):
            picture, path = _bytes(pictures[i].as_py())
            row = rest.slice(i, 1)
            label = None
            if self.label is not None:
                number = row.column(self.label)[0].as_py()
                known = number is not None and 0 <= number < len(self.classes)
                label = self.classes[number] if known else None
            yield Sample(
                f"{file.removesuffix('.parquet')}/{first + i:06d}",
                picture,
                PurePosixPath(path or "").suffix,
                label=label,
                row=row,
                problem=None if picture else "its row holds no picture",
            )

    def _open(self, name: str) -> Any:
        file = self.storage.open(name)
        try:
            return parquet().ParquetFile(file)
        except (pyarrow().ArrowException, OSError) as problem:
            file.close()
            raise self._damaged(name, problem) from problem

    def _damaged(self, name: str, problem: Exception) -> DataError:
        return DataError(
            f"{self.storage.shown(name)} is damaged or cut short ({problem}); copy it again, or "
            "remove it"
        )


def group_of(file: str) -> str:
    """Return a file's path without ending and number."""
    folder, slash, name = file.removesuffix(".parquet").rpartition("/")
    return (folder + slash + _NUMBER.sub("", name)).rstrip("/")


def _columns(schema: Any, shown: str) -> tuple[str, str | None, tuple[str, ...]]:
    """Return the columns of pictures and class numbers, and the names of the classes."""
    described = features(schema)
    arrow = pyarrow()
    images = [n for n, f in described.items() if isinstance(f, dict) and f.get("_type") == "Image"]
    if not images:
        images = [
            column.name
            for column in schema
            if arrow.types.is_struct(column.type)
            and {"bytes", "path"} <= {column.type.field(i).name for i in range(len(column.type))}
        ]
    if not images:
        images = [c.name for c in schema if c.name in ("image", "img") and _binary(c.type)]
    if len(images) != 1:
        found = f"several columns of pictures ({', '.join(images)})" if images else "no such column"
        raise DataError(
            f"{shown} must hold pictures in one column, as bytes or as the Image of Hugging "
            f"Face's datasets, and has {found}; leave out or rename columns "
            f"({', '.join(schema.names)})"
        )
    for name, about in described.items():
        if isinstance(about, dict) and about.get("_type") == "ClassLabel":
            return images[0], name, tuple(about.get("names") or ())
    return images[0], None, ()


def features(schema: Any) -> dict[str, Any]:
    """Return what ``datasets`` wrote of the columns; empty where it wrote nothing."""
    try:
        found = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _binary(kind: Any) -> bool:
    types = pyarrow().types
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _bytes(value: Any) -> tuple[bytes | None, str | None]:
    if isinstance(value, dict):
        return value.get("bytes"), value.get("path")
    return value, None
