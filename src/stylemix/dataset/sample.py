"""The small types that sources, workers and targets exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One sample of a source, as it was read.

    Attributes:
        name: unique in its source, with slashes and without the picture's ending.
        picture: the bytes of its file, or None where there are none.
        ending: of the picture's file, such as ``".JPEG"``; empty where nothing says.
        files: the files beside the picture, by what follows the name, such as ``"json"``.
        label: its class's name, or None.
        facts: what else a table says of it, as JSON holds it.
        row: its row in Parquet, a ``pyarrow.Table`` of one row without the picture.
        problem: why it can't be read, or None.
    """

    name: str
    picture: bytes | None
    ending: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    label: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    row: Any = None
    problem: str | None = None


@dataclass(frozen=True)
class Output:
    """One result, ready to be written.

    Attributes:
        sample: what it was made of.
        copy: its number among the results of the sample.
        picture: the bytes of its file.
        ending: of its file, with the dot.
        record: how it was made, as JSON holds it.
    """

    sample: Sample
    copy: int
    picture: bytes
    ending: str
    record: Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """Samples that lie together in a source.

    Attributes:
        group: what they belong to, such as ``"train"``; empty where there is one group.
        count: how many samples.
        where: what the source needs to read them; small, and picklable.
    """

    group: str
    count: int
    where: Any


@dataclass(frozen=True)
class Unit:
    """Samples that are read, drawn and written together: a shard of the output.

    Attributes:
        index: in the plan.
        number: among the units of its group.
        of: units of its group.
        piece: what to read.
    """

    index: int
    number: int
    of: int
    piece: Piece
