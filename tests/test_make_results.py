"""The tables of docs/results.md from what evaluate wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import load_script

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "benchmarks" / "make_results.py"


@pytest.fixture(scope="module")
def tool():
    return load_script(SCRIPT)


def report(model, kind="unseen", **summary):
    found = {
        "content_loss": {"mean": 0.7, "low": 0.65, "high": 0.75, "count": 4},
        "style_loss": {"mean": 0.45, "low": 0.4, "high": 0.5, "count": 4},
        "seconds": {"mean": 0.3, "low": 0.2, "high": 0.4, "count": 4},
        "parameters": {"mean": 1_850_000.0},
    }
    return {
        "settings": {
            "model": model,
            "set": kind,
            "size": 384,
            "features": "vgg16",
            "photographs": 1,
            "paintings": 4,
            "pairs": 4,
        },
        "summary": {**found, **summary},
        "records": [],
    }


def test_lines_columns_and_command(tool):
    curve = {
        f"{k}_at_{s}": {"mean": v}
        for s, k, v in (
            ("0", "content", 0.0),
            ("1", "content", 0.7),
            ("0", "style", 1.1),
            ("1", "style", 0.45),
        )
    }
    film = report(
        "runs/film",
        **curve,
        content_rises={"mean": 0.975},
        style_falls={"mean": 1.0},
        fid_mixed6e={"mean": 51.26},
    )
    text = tool.document([film, report("copy"), report("film", "seen")])
    lines = text.splitlines()
    assert "| film | 0.700 (0.650 to 0.750) | 0.450 (0.400 to 0.500) | 51.3 |" in lines
    assert "| copy | 0.700 (0.650 to 0.750) | 0.450 (0.400 to 0.500) |  |" in lines
    assert "| film | 0.30 | 1.85 |" in lines
    assert "| film | 0.00 / 1.10 | 0.70 / 0.45 | 97.5 % of pairs | 100.0 % of pairs |" in lines
    assert lines.index("### Paintings set aside from the training") < lines.index(
        "### Paintings of the training"
    )
    assert (
        "stylemix evaluate --content PHOTOGRAPHS --style PAINTINGS --model film --size 384 "
        "--strengths 0,1 --inception FILE"
    ) in lines
    assert "checkerboard" not in text  # nobody measured it


def test_it_replaces_what_stands_between_the_marks(tool, tmp_path, monkeypatch):
    page = tmp_path / "results.md"
    page.write_text(f"before\n{tool.MARKS[0]}\nold\n{tool.MARKS[1]}\nafter\n")
    (tmp_path / "film.json").write_text(json.dumps(report("film")))
    monkeypatch.setattr(tool, "DOCUMENT", page)
    monkeypatch.setattr(sys, "argv", ["make_results.py", str(tmp_path / "film.json")])
    tool.main()
    once = page.read_text()
    tool.main()
    assert page.read_text() == once
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "old" not in once
    assert "| film |" in once
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="marks"):
        tool.main()


def test_the_document_has_its_marks(tool):
    text = tool.DOCUMENT.read_text("utf-8")
    assert text.count(tool.MARKS[0]) == text.count(tool.MARKS[1]) == 1


def test_the_script_prints(tmp_path):
    (tmp_path / "film.json").write_text(json.dumps(report("film")))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--print", str(tmp_path / "film.json")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "| film | 0.700 (0.650 to 0.750)" in done.stdout
