from __future__ import annotations

import csv
import json

import pytest

from stylemix.errors import DataError
from stylemix.metrics.report import Report


@pytest.fixture
def report():
    records = [
        {"content": "a, b.jpg", "style": "é.jpg", "loss": 0.25, "top1": 1.0},
        {"content": "c.jpg", "style": "d.jpg", "loss": 0.75, "top1": 0.0},
    ]
    return Report(records, {"parameters": 1_234_567}, {"size": 384, "seed": 3})


def test_summary_has_means_and_intervals(report):
    loss = report.summary["loss"]
    assert loss["mean"] == 0.5
    assert loss["count"] == 2
    assert (loss["low"], loss["high"]) == (0.25, 0.75)
    assert report.summary["parameters"] == {"mean": 1_234_567}
    assert "content" not in report.summary


def test_the_table_is_aligned(report):
    lines = report.table().splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["loss", "top1", "parameters"]
    assert lines[2].split()[1:] == ["0.5", "0.25", "to", "0.75"]
    assert (
        len(
            {
                line.index(value) + len(value)
                for line, value in zip(lines[2:], ["0.5", "0.5", "1234567"], strict=True)
            }
        )
        == 1
    )


def test_files_hold_everything(report, tmp_path):
    report.to_json(tmp_path / "r.json")
    report.to_csv(tmp_path / "r.csv")
    found = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert found["records"] == report.records
    assert found["summary"] == report.summary
    assert found["settings"] == {"size": 384, "seed": 3}
    with open(tmp_path / "r.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["content"] == "a, b.jpg"
    assert [float(r["loss"]) for r in rows] == [0.25, 0.75]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.csv", "r.json"]


def test_a_failed_write_leaves_the_old_file(report, tmp_path):
    with pytest.raises(DataError, match="existing folder"):
        report.to_json(tmp_path / "missing" / "r.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(DataError, match="can't be written"):
        report.to_csv(tmp_path / "taken")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
