from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from stylemix.demo.history import MOST, Entry, recall, strip_of, with_new
from stylemix.demo.uploads import Uploads


@pytest.fixture
def uploads(tmp_path) -> Uploads:
    (tmp_path / "cache").mkdir()
    for number in range(MOST + 2):
        Image.new("RGB", (4, 4)).save(tmp_path / "cache" / f"{number}.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    return Uploads(tmp_path / "cache")


def entry(tmp_path, number: int = 0, **changes) -> Entry:
    path = str(tmp_path / "cache" / f"{number}.png")
    values = {name: path for name in ("png", "jpeg", "before", "after", "thumbnail", "photo")}
    values |= {"width": 4, "height": 3, "title": f"picture {number}", "line": "4 × 3"}
    return Entry(**{**values, **changes})


def test_what_is_kept_comes_back(uploads, tmp_path):
    first = entry(tmp_path)
    assert recall([first.record()], uploads) == [first]


def test_the_newest_is_first_and_old_ones_go(uploads, tmp_path):
    kept: list = []
    for number in range(MOST + 2):
        kept = with_new(entry(tmp_path, number), kept, uploads)
    assert [r["title"] for r in kept] == [f"picture {n}" for n in range(MOST + 1, 1, -1)]
    again = with_new(entry(tmp_path, 5), kept, uploads)
    assert len(again) == MOST
    assert again[0]["title"] == "picture 5"


def test_deleted_pictures_are_left_out(uploads, tmp_path):
    kept = [entry(tmp_path, n).record() for n in (0, 1)]
    (tmp_path / "cache" / "0.png").unlink()
    assert [e.title for e in recall(kept, uploads)] == ["picture 1"]
    assert strip_of(kept, uploads).count("<button") == 1
    assert strip_of([], uploads) == ""


def test_pictures_of_one_pair_are_told_apart_in_the_row(uploads, tmp_path):
    kept = [entry(tmp_path, n, title="cat, waves").record() for n in (3, 1)]
    names = re.findall(r'aria-label="(cat[^"]*)"', strip_of(kept, uploads))
    assert names == ["cat, waves (1 of 2)", "cat, waves (2 of 2)"]


@pytest.mark.parametrize(
    "changes",
    [
        {"png": "/etc/passwd"},
        {"jpeg": "{tmp}/secret.png"},
        {"photo": "{tmp}/cache/../secret.png"},
        {"after": None},
        {"width": 0},
        {"width": True},
        {"height": "9"},
    ],
)
def test_only_the_server_s_own_files_are_taken_from_a_browser(uploads, tmp_path, changes):
    changes = {k: v.format(tmp=tmp_path) if isinstance(v, str) else v for k, v in changes.items()}
    assert recall([entry(tmp_path, **changes).record()], uploads) == []


def test_words_of_a_browser_are_escaped(uploads, tmp_path):
    evil = entry(tmp_path, title="<script>alert(1)</script>").record()
    assert "<script" not in strip_of([evil], uploads)
    assert "<script" not in recall([evil], uploads)[0].comparison()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(anything)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_browser_sends_is_survived(uploads, value):
    assert recall(value, uploads) == []
    assert recall([value], uploads) == []
