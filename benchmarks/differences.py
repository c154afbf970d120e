"""How models differ pair by pair: figures of ``stylemix evaluate --json``, against one of them.

    python benchmarks/differences.py control.json plain.json sliced.json

Pairs of photograph and painting are matched by name, so what differs between pairs cancels out;
intervals are 95 % bootstrap intervals of the mean difference over pairs. A figure in bold has an
interval without 0. Prints a Markdown table: the first file's means, and the others' differences.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylemix.metrics.bootstrap import mean_interval

COLUMNS = (
    ("content", "content_loss", 3),
    ("style", "style_loss", 3),
    ("rank", "rank", 2),
    ("palette", "palette", 4),
    ("edges", "edges", 3),
    ("checkerboard", "checkerboard", 1),
    ("shift, dB", "shift_psnr", 1),
    ("identity, dB", "identity_psnr", 1),
)

Pairs = dict[tuple[str, str], dict[str, Any]]


def pairs_of(report: dict[str, Any]) -> Pairs:
    """Return a report's records by the names of photograph and painting."""
    return {(r["content"], r["style"]): r for r in report["records"]}


def differences(control: Pairs, other: Pairs, metric: str) -> list[float]:
    """Return what a metric is more than in the control, for every pair that both have.

    Raises:
        SystemExit: the two don't have the same pairs.
    """
    if control.keys() != other.keys():
        raise SystemExit(
            "the files have different pairs: measure all models with the same "
            "photographs, paintings and --limit"
        )
    return [other[pair][metric] - control[pair][metric] for pair in control]


def table(names: Sequence[str], reports: Sequence[dict[str, Any]]) -> str:
    """Return the Markdown table."""
    control, *others = (pairs_of(r) for r in reports)
    shown = [c for c in COLUMNS if all(c[1] in record for record in control.values())]
    lines = ["| | " + " | ".join(c[0] for c in shown) + " |", "| --- |" + " --- |" * len(shown)]
    means = [
        f"{sum(r[metric] for r in control.values()) / len(control):.{digits}f}"
        for _, metric, digits in shown
    ]
    lines.append("| " + " | ".join([names[0], *means]) + " |")
    for name, other in zip(names[1:], others, strict=True):
        cells = []
        for _, metric, digits in shown:
            found = mean_interval(differences(control, other, metric))
            mean = f"{found.mean:+.{digits}f}"
            if found.low > 0 or found.high < 0:
                mean = f"**{mean}**"
            cells.append(f"{mean} ({found.low:+.{digits}f} to {found.high:+.{digits}f})")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read the files and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("control", type=Path, help="what the others are compared with")
    parser.add_argument("others", type=Path, nargs="+")
    options = parser.parse_args()
    files = [options.control, *options.others]
    print(table([f.stem for f in files], [json.loads(f.read_text("utf-8")) for f in files]))


if __name__ == "__main__":
    main()
