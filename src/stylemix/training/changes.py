"""In which keys a configuration differs from that of an earlier run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def changed_keys(
    before: Mapping[str, Any], now: Mapping[str, Any], whole: Collection[str] = ()
) -> list[str]:
    """Name the keys in which a configuration differs from an earlier one.

    Args:
        before: the earlier configuration, nested mappings. Keys of which ``now`` knows nothing
            count only in tables within it.
        now: the configuration.
        whole: tables that are named alone, not key by key.

    Returns:
        ``"key"``, or ``"table.key"`` where a table differs, in the order of ``now``.
    """
    changed = []
    for key, value in now.items():
        old = before.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and key not in whole:
            changed += [f"{key}.{name}" for name in {**value, **old}
                        if name not in old or name not in value or old[name] != value[name]]
        elif old != value:
            changed.append(key)
    return changed
