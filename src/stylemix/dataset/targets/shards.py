"""Tar shards in the layout of WebDataset."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stylemix.dataset.sample import Output, Unit
from stylemix.dataset.targets.base import Target
from stylemix.dataset.targets.folder import as_json, facts_of

RECORD = "stylemix.json"
"""Ending of the member that says how a picture was made."""


@dataclass
class ShardTarget(Target):
    """Tar files; the members of a result share a name and follow each other."""

    layout = "shards"

    def write(self, unit: Unit, outputs: Sequence[Output]) -> list[str]:
        """Write a shard; see :meth:`Target.write`."""
        group = unit.piece.group.removeprefix("data/") or "shard"
        name = f"{group}-{unit.number:06d}.tar"
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w") as archive:
            for output in outputs:
                key = self.copied(member_name(output.sample.name), output.copy)
                for ending, content in self._members(output):
                    # Owner, mode and time are those of any new TarInfo: always the same.
                    member = tarfile.TarInfo(f"{key}.{ending}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        self.storage.write(name, body.getvalue())
        return [name]

    def _members(self, output: Output) -> Iterator[tuple[str, bytes]]:
        sample = output.sample
        yield output.ending.removeprefix("."), output.picture
        yield from sample.files.items()
        if sample.label is not None and "cls" not in sample.files and self.classes:
            yield "cls", str(self.classes.index(sample.label)).encode()
            yield "cls.txt", sample.label.encode()
        facts = facts_of(sample)
        if facts and "json" not in sample.files:
            yield "json", as_json(facts)
        yield RECORD, as_json(output.record)


def member_name(name: str) -> str:
    """Return a sample's name without dots in its last part, where they would end it."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + file.replace(".", "_")
