"""What the tests of all trainings share: threads, configurations as tables and files, processes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

import stylemix

SOURCE = Path(stylemix.__file__).parents[1]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Sums depend on how many threads share them; one is enough for tiny networks."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def changed(
    table: Mapping[str, Any], changes: Mapping[str, Any], whole: Collection[str] = ()
) -> dict[str, Any]:
    """Change a configuration; a mapping adds to its table, but for those that it replaces."""
    found = dict(table)
    for key, value in changes.items():
        old = found.get(key)
        merge = isinstance(old, dict) and isinstance(value, dict) and key not in whole
        found[key] = {**old, **value} if merge else value  # type: ignore[dict-item]
    return found


def write_toml(path: Path, table: Mapping[str, Any]) -> Path:
    """Write a configuration as a TOML file, every table in line."""
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in table.items()))
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def environment(**more: str) -> dict[str, str]:
    """Give the environment of a process that finds this stylemix and uses one thread."""
    return {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1", **more}
