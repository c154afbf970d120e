from __future__ import annotations

import json
import shutil

import pytest
from helpers import tiny_model

from stylemix import checkpoint
from stylemix.checkpoint import catalogue


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Make the package's model folder one of two tiny models."""
    for name, description in (("film", "the default\none"), ("concat", "another")):
        checkpoint.save(
            tiny_model({"name": name}), tmp_path / name, card={"description": description}
        )
    monkeypatch.setattr(catalogue, "EMBEDDED", tmp_path)
    return tmp_path


def test_one_name_a_line_first_and_the_default_first(invoke, shelf):
    result = invoke("models")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == ["film\tembedded\tthe default one", "concat\tembedded\tanother"]
    assert [line.split("\t")[:2] for line in lines[2:]] == [["gatys", "method"]]


def test_json_has_the_whole(invoke, shelf):
    listed = json.loads(invoke("models", "--json").stdout)
    assert [m["name"] for m in listed] == ["film", "concat", "gatys"]
    assert listed[0] == {
        "name": "film",
        "kind": "embedded",
        "path": str(shelf / "film"),
        "description": "the default\none",
    }


def test_none_is_said_and_is_no_error(invoke, shelf):
    shutil.rmtree(shelf)
    result = invoke("models")
    assert result.exit_code == 0
    assert result.stdout.startswith("gatys\tmethod")
    assert "no model" in result.stderr
    assert {m["kind"] for m in json.loads(invoke("models", "--json").stdout)} == {"method"}


def test_a_damaged_one_is_an_error(invoke, shelf):
    (shelf / "concat" / "config.json").write_text("{")
    result = invoke("models")
    assert result.exit_code == 2
    assert "concat" in result.stderr
    assert "JSON" in result.stderr


def test_a_published_one_says_that_it_is_not_here_yet(invoke, shelf, tmp_path, monkeypatch):
    path = tmp_path / "catalogue.json"
    path.write_text(
        json.dumps(
            {
                "format": 1,
                "models": [
                    {
                        "name": "wash",
                        "repository": "painter/no-such-one",
                        "revision": "1" * 40,
                        "sha256": "2" * 64,
                        "description": "watercolours",
                    }
                ],
            }
        )
    )
    monkeypatch.setenv("STYLEMIX_CATALOGUE", str(path))
    assert "wash\thub\twatercolours (not downloaded yet)" in invoke("models").stdout.splitlines()
