"""In which keys a configuration differs from that of an earlier run."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
import typing
from collections.abc import Collection, Mapping
from typing import Any

from stylemix.plugins.rules import split_hint
from stylemix.plugins.schema import keys_of
from stylemix.training.run_config import without_detours


def completed(kind: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    """Return an earlier run's configuration with the keys that its version didn't know.

    Args:
        kind: the configuration's dataclass, whose defaults they get.
        table: of the earlier run, nested mappings and lists as JSON holds them.
    """
    found = dict(table)
    for name, key in keys_of(kind).items():
        inner = split_hint(key.hint)[0]
        item = (*typing.get_args(inner), None)[0]
        value = table.get(name)
        if name not in table:
            if key.default is not inspect.Parameter.empty:
                found[name] = json.loads(json.dumps(key.default, default=dataclasses.asdict))
        elif dataclasses.is_dataclass(inner) and isinstance(value, Mapping):
            found[name] = completed(inner, value)
        elif dataclasses.is_dataclass(item) and isinstance(value, list):
            found[name] = [completed(item, part) for part in value]
    return found


def changed_keys(
    before: Mapping[str, Any], now: Mapping[str, Any], whole: Collection[str] = ()
) -> list[str]:
    """Return the keys in which a configuration differs from an earlier one.

    Args:
        before: the earlier configuration, nested mappings. Keys of which ``now`` knows nothing
            count only in tables within it. Absolute paths may make detours: those of a state from
            before they were taken out still do.
        now: the configuration.
        whole: tables that are named alone, not key by key.

    Returns:
        ``"key"``, or ``"table.key"`` where a table differs, in the order of ``now``.
    """
    before, now = _direct(before), _direct(now)
    changed = []
    for key, value in now.items():
        old = before.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and key not in whole:
            changed += [
                f"{key}.{name}"
                for name in {**value, **old}
                if name not in old or name not in value or old[name] != value[name]
            ]
        elif old != value:
            changed.append(key)
    return changed


def _direct(value: Any) -> Any:
    """Take detours out of every absolute path in nested mappings and lists."""
    if isinstance(value, Mapping):
        return {key: _direct(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_direct(part) for part in value]
    return without_detours(value) if isinstance(value, str) and os.path.isabs(value) else value
