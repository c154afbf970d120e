"""The table of paired differences from what evaluate wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import load_script

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "differences.py"


@pytest.fixture(scope="module")
def tool():
    return load_script(SCRIPT)


def report(shift: float, noise: float = 0.0, pairs: int = 8) -> dict:
    """Give pairs that differ from each other by far more than by ``shift``."""
    return {
        "records": [
            {
                "content": f"c{i}",
                "style": f"s{i}",
                "content_loss": 0.1 * i + shift,
                "style_loss": 0.5 + noise * (-1) ** i,
            }
            for i in range(pairs)
        ]
    }


def test_a_small_difference_shows_behind_large_ones_between_pairs(tool):
    text = tool.table(["control", "other"], [report(0.0), report(-0.02, noise=0.1)])
    assert text.splitlines()[0] == "| | content | style |"
    assert text.splitlines()[2] == "| control | 0.350 | 0.500 |"
    content, style = text.splitlines()[3].split(" | ")[1:]
    assert content == "**-0.020** (-0.020 to -0.020)"
    assert style.startswith(("+0.000 (-0.0", "-0.000 (-0.0"))


def test_pairs_are_matched_by_name_not_by_place(tool):
    turned = report(0.02)
    turned["records"].reverse()
    assert "**+0.020**" in tool.table(["a", "b"], [report(0.0), turned])


def test_other_pairs_are_refused(tool):
    with pytest.raises(SystemExit, match="different pairs"):
        tool.table(["a", "b"], [report(0.0), report(0.0, pairs=7)])


def test_the_script(tmp_path):
    for name, shift in (("control", 0.0), ("other", 0.03)):
        (tmp_path / f"{name}.json").write_text(json.dumps(report(shift)))
    found = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "control.json", tmp_path / "other.json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "| other | **+0.030** (+0.030 to +0.030) |" in found.stdout
