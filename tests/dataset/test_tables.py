from __future__ import annotations

import pytest

from stylemix.dataset.tables import is_table, read_table, write_table
from stylemix.errors import DataError

ROWS = [
    {"file_name": "a.jpg", "text": 'two\nlines, "quoted"'},
    {"file_name": "b.jpg", "text": "été"},
]


@pytest.mark.parametrize("name", ["metadata.csv", "train/metadata.jsonl"])
def test_a_table_comes_back(name):
    assert is_table(name)
    assert read_table(name, write_table(name, ROWS)) == ROWS


def test_numbers_stay_numbers_in_json():
    rows = [{"file_name": "a.jpg", "boxes": [[1, 2.5]]}]
    assert read_table("metadata.jsonl", write_table("metadata.jsonl", rows)) == rows


def test_a_table_without_rows():
    assert write_table("metadata.csv", []) == b"file_name\n"
    assert read_table("metadata.csv", b"file_name\n") == []


def test_other_files_are_no_tables():
    assert not is_table("a/my-metadata.csv") and not is_table("metadata.txt")


@pytest.mark.parametrize(
    "name, body",
    [
        ("metadata.csv", b"name,text\na.jpg,x\n"),
        ("metadata.jsonl", b'{"file_name": 3}\n'),
        ("metadata.jsonl", b"{"),
        ("metadata.jsonl", b"[1]\n"),
        ("metadata.csv", b"\xff\xfe"),
    ],
)
def test_damaged_tables(name, body):
    with pytest.raises(DataError, match=f"the table {name} can't be read"):
        read_table(name, body)
