"""What a run keeps beside its results, so that another one can go on where it ended.

While a run isn't finished, OUT holds a folder ``.stylemix`` with the manifest, a record for each
unit that is done, and the encoded paintings. A unit's record is written after its files: what has
no record is done again, and gives the same files. At the end the manifest becomes
``stylemix.json``, the records' failures ``failures.jsonl``, and the folder goes: readers such as
torchvision's would take it for a class.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stylemix.dataset.sample import Unit
from stylemix.dataset.storage import STATE, Storage
from stylemix.errors import ConfigError, DataError
from stylemix.training.changes import changed_keys

MANIFEST = "stylemix.json"
"""The manifest of an output that is finished."""

FAILURES = "failures.jsonl"
"""One JSON line for each sample that has no result: its name, and why."""

_BEGUN = f"{STATE}/{MANIFEST}"
_UNITS = f"{STATE}/units"


def write_record(out: Storage, unit: Unit, count: int, failures: Sequence[dict[str, str]]) -> None:
    """Note that a unit is done.

    Args:
        out: the output.
        unit: whose files are written.
        count: of its results.
        failures: name and reason of each sample without one.
    """
    body = json.dumps({"results": count, "failures": list(failures)}, ensure_ascii=False)
    out.write(f"{_UNITS}/{unit.index:06d}.json", body.encode())


def records(out: Storage, units: Sequence[Unit]) -> Iterator[dict[str, Any]]:
    """Return the records of units that are done, in order."""
    for unit in units:
        yield json.loads(out.read(f"{_UNITS}/{unit.index:06d}.json"))


def done(out: Storage) -> set[int]:
    """Return the indices of the units that are done."""
    return {int(name.partition(".")[0]) for name in out.names(_UNITS)}


def refuse_others(out: Storage) -> None:
    """Refuse a place that holds files which no run of stylemix wrote.

    Raises:
        DataError: it does.
    """
    top = out.names("")
    if MANIFEST in top or MANIFEST in out.names(STATE):
        return
    if any(not name.startswith(".") for name in (*top, *out.folders())):
        raise DataError(
            f"{out.root} holds other files already; choose an empty folder, or one that doesn't "
            "exist yet"
        )


def begin(out: Storage, identity: Mapping[str, Any]) -> bool:
    """Begin an output, or go on with one that the same arguments began.

    Args:
        out: the output; the caller alone writes to it.
        identity: all that decides its bytes.

    Returns:
        Whether it is finished already.

    Raises:
        DataError: it was begun from another source or other paintings.
        ConfigError: it was begun with other options, or by other versions of the libraries.
    """
    finished = MANIFEST in out.names("")
    if finished or MANIFEST in out.names(STATE):
        name = MANIFEST if finished else _BEGUN
        try:
            earlier = json.loads(out.read(name))["made_of"]
        except (ValueError, KeyError, TypeError) as problem:
            raise DataError(
                f"{out.shown(name)} is no manifest of stylemix ({problem}); choose another OUT"
            ) from problem
        _compare(out, earlier, dict(identity))
        if finished:
            out.remove(STATE)
        return finished
    out.write(_BEGUN, _text({"made_of": identity}))
    return False


def finish(out: Storage, units: Sequence[Unit], identity: Mapping[str, Any]) -> None:
    """Write failures and manifest, and remove what only an unfinished output needs."""
    write_failures(out, units)
    results = sum(record["results"] for record in records(out, units))
    failed = sum(len(record["failures"]) for record in records(out, units))
    out.settle([FAILURES])
    out.write(MANIFEST, _text({"made_of": identity, "results": results, "failed": failed}))
    out.settle([MANIFEST])
    out.remove(STATE)


def write_failures(out: Storage, units: Sequence[Unit]) -> None:
    """Write the failures of some units, in order."""
    out.write(
        FAILURES,
        (
            (json.dumps(failure, ensure_ascii=False) + "\n").encode()
            for record in records(out, units)
            for failure in record["failures"]
        ),
    )


def totals(out: Storage) -> tuple[int, int]:
    """Return the numbers of results and failures of a finished output."""
    found = json.loads(out.read(MANIFEST))
    return found["results"], found["failed"]


def _compare(out: Storage, earlier: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on with an output that something else began."""
    for key, what in (("source", "SOURCE"), ("paintings", "PAINTINGS")):
        if earlier.get(key) != now[key]:
            raise DataError(
                f"{what} has changed since {out.root} was begun ({_told(earlier.get(key))} then, "
                f"{_told(now[key])} now); put it back as it was, or choose another OUT"
            )
    if changed := changed_keys(earlier, now, ()):
        versions = all(key.startswith("versions.") for key in changed)
        told = ", ".join(
            f"{k.removeprefix('options.')} ({_at(earlier, k)} then, {_at(now, k)} now)"
            for k in changed
        )
        remedy = "install those versions again" if versions else "give the former options"
        raise ConfigError(
            f"{out.root} was begun with another {told}; {remedy}, or choose another OUT"
        )


def _told(found: Any) -> str:
    if not isinstance(found, dict):
        return "unknown"
    return f"{found.get('files'):,} files of {found.get('bytes'):,} bytes"


def _at(table: Any, key: str) -> str:
    for part in key.split("."):
        table = table.get(part) if isinstance(table, dict) else None
    return json.dumps(table)


def _text(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
