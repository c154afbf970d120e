"""A tree of picture files, and one line for each in ``styles.jsonl``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stylemix.dataset.sample import Output, Unit
from stylemix.dataset.sources import Scan, Source
from stylemix.dataset.sources.folder import stem
from stylemix.dataset.storage import STATE
from stylemix.dataset.tables import read_table, write_table
from stylemix.dataset.targets.base import Target

RECORDS = "styles.jsonl"
"""One JSON line for each picture: its file, and how it was made."""

_SIDE = f"{STATE}/records"


@dataclass
class FolderTarget(Target):
    """Picture files, in the source's folders or in one for each class.

    Attributes:
        keeps_tree: whether samples' names are paths of a tree already.
    """

    keeps_tree: bool
    layout = "folder"

    def begin(self, scan: Scan) -> None:
        """Make the class folders: numbers of classes count them, whether anything is in them."""
        for folder in scan.folders if self.keeps_tree else ():
            self.storage.make_folder(folder)

    def write(self, unit: Unit, outputs: Sequence[Output]) -> list[str]:
        """Write pictures and the files beside them; see :meth:`Target.write`."""
        written, lines = [], []
        for output in outputs:
            name = self._path(unit.piece.group, output)
            picture = name + output.ending
            self.storage.write(picture, output.picture)
            written.append(picture)
            for ending, body in self._beside(output):
                self.storage.write(f"{name}.{ending}", body)
                written.append(f"{name}.{ending}")
            lines.append(json.dumps({"file": picture, **output.record}, ensure_ascii=False) + "\n")
        side = f"{_SIDE}/{unit.index:06d}.jsonl"
        self.storage.write(side, "".join(lines).encode())
        return [*written, side]

    def finish(self, source: Source, scan: Scan) -> None:
        """Write records and tables, and copy the other files; see :meth:`Target.finish`."""
        sides = [f"{_SIDE}/{name}" for name in self.storage.names(_SIDE)]
        self.storage.write(RECORDS, (self.storage.read(side) for side in sides))
        if self.keeps_tree:
            for table in scan.tables:
                self._rewrite(table, source.storage.read(table), sides)
            for name in scan.loose:
                self.storage.write(name, source.storage.read(name))
        self.storage.settle([RECORDS])

    def left_out(self, scan: Scan) -> tuple[str, ...]:
        """Return the files that have no place in a tree: those beside shards."""
        return () if self.keeps_tree else scan.loose

    def _rewrite(self, table: str, body: bytes, sides: Sequence[str]) -> None:
        """Write a table of pictures anew, a row for each result."""
        folder = table.rpartition("/")[0]
        head = f"{folder}/" if folder else ""
        rows = read_table(table, body)
        wanted = {stem(head + row["file_name"]) for row in rows}
        made: dict[str, list[str]] = {}
        for side in sides:
            for line in self.storage.read(side).splitlines():
                record = json.loads(line)
                if record["source"] in wanted:
                    made.setdefault(record["source"], []).append(record["file"])
        out = [
            {**row, "file_name": file.removeprefix(head)}
            for row in rows
            for file in made.get(stem(head + row["file_name"]), ())
        ]
        self.storage.write(table, write_table(table, out))

    def _path(self, group: str, output: Output) -> str:
        sample = output.sample
        name = sample.name
        if not self.keeps_tree:
            head = [part for part in group.split("/") if part not in ("", "data")]
            if sample.row is not None:
                # The file and the number of the row; the file's folders are those of the group.
                name = "-".join(name.rsplit("/", 2)[-2:])
            if sample.label is not None and "/" not in name:
                head.append(safe(sample.label))
            name = "/".join([*head, name])
        return self.copied(name, output.copy)

    def _beside(self, output: Output) -> Iterator[tuple[str, bytes]]:
        sample = output.sample
        yield from sample.files.items()
        facts = facts_of(sample)
        if facts and not self.keeps_tree and "json" not in sample.files:
            yield "json", as_json(facts)


def safe(label: str) -> str:
    """Return a label that can be the name of a folder."""
    return re.sub(r"[/\\\0]|^\.+", "_", label) or "_"


def facts_of(sample: Any) -> dict[str, Any]:
    """Return what tables say of a sample, without the picture."""
    row = {} if sample.row is None else sample.row.to_pylist()[0]
    return {**row, **sample.facts}


def as_json(value: Any) -> bytes:
    """Return a value as JSON; what JSON doesn't know, such as times, as text."""
    return (json.dumps(value, ensure_ascii=False, default=_plain) + "\n").encode()


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
