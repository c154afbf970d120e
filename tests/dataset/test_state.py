from __future__ import annotations

import json

import pytest
from dataset_cases import contents, lines, make_tree

from stylemix.dataset import state
from stylemix.dataset.sample import Piece, Unit
from stylemix.dataset.storage import STATE, Local
from stylemix.errors import ConfigError, DataError

IDENTITY = {
    "format": 1,
    "source": {"files": 3, "bytes": 1000, "sha256": "a"},
    "paintings": {"files": 1, "bytes": 9, "sha256": "b"},
    "options": {"seed": 0, "strength": [0.5, 1.0]},
    "versions": {"torch": "2.11"},
}
UNITS = [Unit(i, i, 3, Piece("", 2, None)) for i in range(3)]


def changed(**tables):
    return {k: {**v, **tables[k]} if k in tables else v for k, v in IDENTITY.items()}


def test_a_run_from_begin_to_finish(tmp_path):
    out = Local(str(tmp_path / "out"))
    assert state.begin(out, IDENTITY) is False
    assert state.done(out) == set()
    state.write_record(out, UNITS[2], 2, [])
    state.write_record(out, UNITS[0], 1, [{"name": "é", "reason": "it is empty"}])
    assert state.begin(out, IDENTITY) is False
    assert state.done(out) == {0, 2}
    state.write_record(out, UNITS[1], 0, [{"name": n, "reason": "x"} for n in "bc"])
    state.finish(out, UNITS, IDENTITY)
    assert set(contents(tmp_path / "out")) == {"stylemix.json", "failures.jsonl"}
    assert [f["name"] for f in lines(tmp_path / "out/failures.jsonl")] == ["é", "b", "c"]
    assert state.totals(out) == (3, 3)
    assert state.begin(out, IDENTITY) is True


def test_a_kill_between_manifest_and_tidying(tmp_path):
    out = Local(str(tmp_path))
    state.begin(out, IDENTITY)
    state.finish(out, [], IDENTITY)
    whole = contents(tmp_path)
    out.write(f"{STATE}/units/000000.json", b"{}")
    assert state.begin(out, IDENTITY) is True
    assert contents(tmp_path) == whole


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(
    "now, kind, message",
    [
        (changed(source={"files": 4}), DataError,
         r"SOURCE has changed since .* \(3 files of 1,000 bytes then, 4 files of 1,000 byt"),
        (changed(paintings={"sha256": "c"}), DataError, "PAINTINGS has changed"),
        (changed(options={"seed": 1}), ConfigError,
         r"begun with another seed \(0 then, 1 now\); give the former options, or choose another"),
        (changed(versions={"torch": "2.12"}), ConfigError,
         r"versions.torch \(\"2.11\" then, \"2.12\" now\); install those versions again"),
    ],
)  # fmt: skip
def test_something_else_is_refused(tmp_path, now, kind, message, finished):
    out = Local(str(tmp_path))
    state.begin(out, IDENTITY)
    if finished:
        state.finish(out, [], IDENTITY)
    before = contents(tmp_path)
    with pytest.raises(kind, match=message):
        state.begin(out, now)
    assert contents(tmp_path) == before


def test_other_files_are_in_the_way(tmp_path):
    out = Local(str(make_tree(tmp_path, {".hidden/x": b""})))
    state.begin(out, IDENTITY)
    state.refuse_others(out)
    state.refuse_others(Local(str(tmp_path / "none")))
    for files in ({"a.txt": b""}, {"folder/b.txt": b""}):
        other = Local(str(make_tree(tmp_path / next(iter(files))[0], files)))
        with pytest.raises(DataError, match="holds other files already; choose an empty folder"):
            state.refuse_others(other)


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}"])
def test_a_manifest_that_is_none(tmp_path, body):
    make_tree(tmp_path, {"stylemix.json": body})
    with pytest.raises(DataError, match="no manifest of stylemix"):
        state.begin(Local(str(tmp_path)), IDENTITY)


def test_failures_so_far(tmp_path):
    out = Local(str(tmp_path))
    state.write_record(out, UNITS[1], 0, [{"name": "b", "reason": "x"}])
    state.write_failures(out, UNITS[1:2])
    assert json.loads((tmp_path / "failures.jsonl").read_text()) == {"name": "b", "reason": "x"}
