from __future__ import annotations

import json

import pytest

from stylemix.checkpoint.published import (
    CATALOGUE,
    REPOSITORY,
    Published,
    distributions,
    published,
)
from stylemix.errors import ConfigError

ENTRY = {
    "name": "wash",
    "repository": "painter/tiny",
    "revision": "a1" * 20,
    "sha256": "b2" * 32,
    "description": "watercolours",
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    path = tmp_path / "catalogue.json"
    monkeypatch.setenv("STYLEMIX_CATALOGUE", str(path))

    def write(*entries: object, **other: object) -> None:
        path.write_text(json.dumps({"format": 1, "models": list(entries), **other}))

    return write


def test_entries_by_name_in_their_order(write):
    write({**ENTRY, "name": "z"}, ENTRY)
    found = published()
    assert list(found) == ["z", "wash"]
    assert found["wash"] == Published(**ENTRY)


def test_the_file_that_ships_is_right(monkeypatch):
    monkeypatch.delenv("STYLEMIX_CATALOGUE", raising=False)
    shipped = json.loads(CATALOGUE.read_text("utf-8"))
    assert list(published()) == [entry["name"] for entry in shipped["models"]]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"name": "owner/wash"}, "'name' must be letters"),
        ({"name": "../wash"}, "'name'"),
        ({"repository": "tiny"}, "'repository' must be owner/name"),
        ({"revision": "main"}, "'revision' must be a commit"),
        ({"revision": "A1" * 20}, "'revision'"),
        ({"sha256": "b2" * 31}, "'sha256' must be 64"),
        ({"sha256": None}, "'sha256'.*None"),
        ({"description": "two\nlines"}, "'description' must be one line"),
        ({"desription": "x"}, "did you mean 'description'"),
    ],
)
def test_a_wrong_entry_says_which_and_why(write, change, message):
    write(ENTRY, {**ENTRY, "name": "second", **change})
    with pytest.raises(ConfigError, match=f"model 2.*{message}"):
        published()


def test_every_key_is_needed(write):
    for key in ENTRY:
        write({k: v for k, v in ENTRY.items() if k != key})
        with pytest.raises(ConfigError, match=f"'{key}' must be"):
            published()


def test_two_of_one_name(write):
    write(ENTRY, ENTRY)
    with pytest.raises(ConfigError, match="two models named 'wash'"):
        published()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 2, "models": []}',
        '{"format": 1, "models": {}}',
        '{"format": 1, "models": [1]}',
    ],
)
def test_a_file_of_another_form(write, tmp_path, text):
    (tmp_path / "catalogue.json").write_text(text)
    with pytest.raises(ConfigError, match=r"catalogue\.json"):
        published()


def test_a_missing_file_says_what_names_it(write):
    with pytest.raises(ConfigError, match="STYLEMIX_CATALOGUE"):
        published()


@pytest.mark.parametrize(
    "name, fits",
    [("a/b", True), ("A.b-c_d/e.f", True), ("a", False), ("a/b/c", False), ("a b/c", False)],
)
def test_how_a_repository_looks(name, fits):
    assert bool(REPOSITORY.fullmatch(name)) == fits


def test_the_file_says_which_distribution_brings_a_component(write):
    write(plugins={"swirl": "stylemix-swirl"})
    assert distributions() == {"swirl": "stylemix-swirl"}
    write(ENTRY)
    assert distributions() == {}
    assert list(published()) == ["wash"]


@pytest.mark.parametrize("wrong", [["stylemix-swirl"], {"swirl": 3}, "stylemix-swirl"])
def test_plugins_of_another_form_are_refused(write, wrong):
    write(plugins=wrong)
    with pytest.raises(ConfigError, match=r"catalogue\.json: 'plugins' must be an object"):
        distributions()


def test_no_code_lists_the_distributions_of_others(monkeypatch):
    monkeypatch.delenv("STYLEMIX_CATALOGUE", raising=False)
    names = {*distributions().values()}
    assert len(names) >= 7
    source = CATALOGUE.parents[1]
    named = {n for f in source.rglob("*.py") for n in names if f'"{n}"' in f.read_text("utf-8")}
    assert named == set()
