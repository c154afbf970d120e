"""TOML becomes dataclasses, and what is wrong is named in full."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from stylemix.errors import ConfigError
from stylemix.training.tables import build_table, read_toml


@dataclass(frozen=True)
class Inner:
    rate: float = 1.0
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Outer:
    name: str = ""
    inner: Inner = field(default_factory=Inner)


def test_a_file_becomes_a_dataclass(tmp_path):
    (tmp_path / "a.toml").write_text('name = "x"\n[inner]\nrate = 2\nsizes = 3\n', "utf-8")
    assert build_table(Outer, read_toml(tmp_path / "a.toml"), "") == Outer("x", Inner(2, (3,)))


@pytest.mark.parametrize(
    "table, message",
    [
        ({"nam": "x"}, "unknown key 'nam'; did you mean 'name'"),
        ({"inner": {"rat": 1}}, r"unknown key 'inner\.rat'"),
        ({"inner": {"rate": "fast"}}, r"inner\.rate must be a number, got 'fast'"),
        ({"inner": {"sizes": [1, "two"]}}, r"inner\.sizes\[1\] must be a whole number"),
        ({"inner": 5}, "inner must be a table"),
    ],
)
def test_what_is_wrong_is_named(table, message):
    with pytest.raises(ConfigError, match=message):
        build_table(Outer, table, "")


def test_files_that_are_no_toml(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("name = ", "utf-8")
    with pytest.raises(ConfigError, match="no valid TOML"):
        read_toml(tmp_path / "a.toml")
