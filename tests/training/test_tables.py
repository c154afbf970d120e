"""TOML files that can be read, and files that can't."""

from __future__ import annotations

import pytest

from stylemix.errors import ConfigError
from stylemix.training.tables import read_toml


def test_a_file_becomes_nested_mappings(tmp_path):
    (tmp_path / "a.toml").write_text('name = "x"\n[inner]\nrate = 2\nsizes = [3]\n', "utf-8")
    assert read_toml(tmp_path / "a.toml") == {"name": "x", "inner": {"rate": 2, "sizes": [3]}}


def test_files_that_are_no_toml(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_text("name = ", "utf-8")
    with pytest.raises(ConfigError, match="no valid TOML"):
        read_toml(tmp_path / "a.toml")
