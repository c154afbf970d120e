"""Tables beside pictures: ``metadata.csv`` and ``metadata.jsonl`` of Hugging Face's ImageFolder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from stylemix.errors import DataError

NAMES = ("metadata.csv", "metadata.jsonl")


def is_table(name: str) -> bool:
    """Tell whether a file is taken for a table of the pictures in its folder."""
    return name.rpartition("/")[2] in NAMES


def read_table(name: str, body: bytes) -> list[dict[str, Any]]:
    """Return a table's rows; each has a text ``file_name``.

    Raises:
        DataError: it can't be read, or a row has no ``file_name``.
    """
    try:
        text = body.decode("utf-8-sig")
        if name.endswith(".csv"):
            rows: list[Any] = list(csv.DictReader(io.StringIO(text, newline="")))
        else:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        for row in rows:
            if not isinstance(row, dict) or not isinstance(row.get("file_name"), str):
                raise ValueError("a row has no file_name")
    except (ValueError, csv.Error) as problem:
        raise DataError(
            f"the table {name} can't be read ({problem}): correct it, or give it another name"
        ) from problem
    return rows


def write_table(name: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a table's file."""
    if not name.endswith(".csv"):
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    out = io.StringIO(newline="")
    keys = list(dict.fromkeys(key for row in rows for key in row)) or ["file_name"]
    writer = csv.DictWriter(out, keys, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
