"""Parquet files in the layout of Hugging Face's ``datasets``."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stylemix.dataset.extras import parquet, pyarrow
from stylemix.dataset.sample import Output, Unit
from stylemix.dataset.targets.base import Target

RECORD = "stylemix"
"""The column that says how each picture was made."""

_ROWS = 100
"""Rows of a row group: few, as a reader takes a whole one into memory."""

_TEXTS = ("txt", "json", "cls", "cls.txt")
"""Endings of files beside pictures that become text; others become bytes."""


@dataclass
class ParquetTarget(Target):
    """Parquet files ``data/train-00000-of-00012.parquet``; columns are kept where there are any.

    Attributes:
        column: the picture's.
        endings: of the files beside pictures, each of which becomes a column.
        described: whether tables say more of the pictures.
    """

    column: str
    endings: tuple[str, ...]
    described: bool
    layout = "parquet"

    def write(self, unit: Unit, outputs: Sequence[Output]) -> list[str]:
        """Write a file; see :meth:`Target.write`."""
        if not outputs:  # a file of no rows couldn't say what columns it has
            return []
        group = unit.piece.group.removeprefix("data/") or "train"
        name = f"data/{group}-{unit.number:05d}-of-{unit.of:05d}.parquet"
        if outputs[0].sample.row is not None:
            table = self._from_rows(outputs)
        else:
            table = self._from_files(outputs)
        body = io.BytesIO()
        parquet().write_table(table, body, row_group_size=_ROWS)
        self.storage.write(name, body.getvalue())
        return [name]

    def _from_rows(self, outputs: Sequence[Output]) -> Any:
        """Return the source's rows with other pictures, each as often as it has results."""
        arrow = pyarrow()
        table = arrow.concat_tables([output.sample.row for output in outputs])
        table = table.add_column(0, self.column, self._pictures(outputs))
        table = table.append_column(RECORD, self._records(outputs))
        metadata = dict(table.schema.metadata or {})
        if b"huggingface" in metadata:
            about = json.loads(metadata[b"huggingface"])
            known = about.get("info", {}).get("features", {})
            known.update({self.column: {"_type": "Image"}, RECORD: _FEATURE})
            metadata[b"huggingface"] = json.dumps(about).encode()
        # A description by pandas names the columns that there were.
        metadata.pop(b"pandas", None)
        return table.replace_schema_metadata(metadata)

    def _from_files(self, outputs: Sequence[Output]) -> Any:
        """Return rows of name, label, facts and the files beside the pictures."""
        arrow = pyarrow()
        samples = [output.sample for output in outputs]
        columns: dict[str, Any] = {self.column: self._pictures(outputs)}
        about: dict[str, Any] = {self.column: {"_type": "Image"}}
        if self.classes:
            numbers = {name: i for i, name in enumerate(self.classes)}
            labels = [None if s.label is None else numbers[s.label] for s in samples]
            columns["label"] = arrow.array(labels, arrow.int64())
            about["label"] = {"names": list(self.classes), "_type": "ClassLabel"}
        columns["name"] = arrow.array([s.name for s in samples], arrow.string())
        about["name"] = _value("string")
        for ending in self.endings:
            text = ending in _TEXTS
            values: list[Any] = [s.files.get(ending) for s in samples]
            if text:
                values = [None if v is None else v.decode("utf-8", "replace") for v in values]
            columns[ending] = arrow.array(values, arrow.string() if text else arrow.binary())
            about[ending] = _value("string" if text else "binary")
        if self.described:
            facts = [json.dumps(s.facts, ensure_ascii=False) if s.facts else None for s in samples]
            columns["metadata"] = arrow.array(facts, arrow.string())
            about["metadata"] = _value("string")
        columns[RECORD] = self._records(outputs)
        about[RECORD] = _FEATURE
        described = json.dumps({"info": {"features": about}}).encode()
        return arrow.table(columns).replace_schema_metadata({b"huggingface": described})

    def _pictures(self, outputs: Sequence[Output]) -> Any:
        arrow = pyarrow()
        names = [self.copied(o.sample.name.rpartition("/")[2], o.copy) + o.ending for o in outputs]
        values = [
            {"bytes": output.picture, "path": name}
            for output, name in zip(outputs, names, strict=True)
        ]
        kind = arrow.struct({"bytes": arrow.binary(), "path": arrow.string()})
        return arrow.array(values, kind)

    def _records(self, outputs: Sequence[Output]) -> Any:
        arrow = pyarrow()
        kinds = {
            key: arrow.list_(arrow.string()) if kind == "texts" else arrow.type_for_alias(kind)
            for key, kind in _RECORD.items()
        }
        return arrow.array([dict(output.record) for output in outputs], arrow.struct(kinds))


_RECORD = {
    "source": "string",
    "copy": "int32",
    "paintings": "texts",
    "strength": "float64",
    "seed": "int64",
    "model": "string",
    "model_sha256": "string",
    "runtime": "string",
}


def _value(kind: str) -> dict[str, str]:
    return {"dtype": kind, "_type": "Value"}


_FEATURE = {
    key: {"feature": _value("string"), "_type": "Sequence"} if kind == "texts" else _value(kind)
    for key, kind in _RECORD.items()
}
