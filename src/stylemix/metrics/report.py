"""The figures of an evaluation: a table for eyes, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylemix.errors import DataError
from stylemix.images.atomic import replacing
from stylemix.images.write_errors import not_written
from stylemix.metrics.bootstrap import mean_interval


@dataclass(frozen=True)
class Report:
    """What an evaluation found.

    Attributes:
        records: one mapping per pair: numbers, and the names of the photograph and the painting.
            A measure that a pair doesn't allow is left out of its record.
        facts: numbers about the whole set or the model, such as ``parameters``.
        settings: what was evaluated and how.
        failures: what is left out, the name of a picture or pair and the reason.
    """

    records: list[dict[str, Any]]
    facts: Mapping[str, float]
    settings: Mapping[str, Any]
    failures: Sequence[tuple[str, str]] = ()

    @property
    def summary(self) -> dict[str, dict[str, float]]:
        """Return ``{metric: {"mean", "low", "high", "count"}}``, low and high at 95 %.

        Facts have a mean alone. The interval is a percentile bootstrap over pairs.
        """
        found: dict[str, dict[str, float]] = {}
        for name in self.metrics:
            interval = mean_interval(
                [float(r[name]) for r in self.records if name in r],
                seed=int(self.settings.get("seed", 0)),
            )
            found[name] = {
                "mean": interval.mean,
                "low": interval.low,
                "high": interval.high,
                "count": interval.count,
            }
        return {**found, **{name: {"mean": float(value)} for name, value in self.facts.items()}}

    @property
    def metrics(self) -> list[str]:
        """Return the names of the numbers in each record."""
        return list(
            dict.fromkeys(
                k for r in self.records for k, v in r.items() if isinstance(v, int | float)
            )
        )

    def table(self) -> str:
        """Return the summary as aligned text, one line per metric."""
        rows = [("metric", "mean", "95 % interval")]
        for name, value in self.summary.items():
            interval = f"{value['low']:.4g} to {value['high']:.4g}" if "low" in value else ""
            mean = value["mean"]
            rows.append((name, f"{mean:.0f}" if abs(mean) >= 1e4 else f"{mean:.4g}", interval))
        wide = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{a:<{wide[0]}}  {b:>{wide[1]}}  {c}".rstrip() for a, b, c in rows]
        return "\n".join([lines[0], "-" * (sum(wide) + 4), *lines[1:]])

    def to_json(self, path: str | os.PathLike[str]) -> None:
        """Write settings, summary, records and what is left out as JSON.

        Raises:
            DataError: the file can't be written.
        """
        found = {
            "settings": dict(self.settings),
            "summary": self.summary,
            "records": self.records,
            "failures": [{"what": what, "reason": reason} for what, reason in self.failures],
        }
        _write(Path(path), json.dumps(found, indent=1, allow_nan=False) + "\n")

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the records as CSV, one line per pair.

        Raises:
            DataError: the file can't be written.
        """
        text = io.StringIO()
        names = dict.fromkeys(k for r in self.records for k in r)
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.records)
        _write(Path(path), text.getvalue())


def _write(path: Path, text: str) -> None:
    with replacing(
        [path],
        lambda problem: DataError(
            not_written(path, problem, "choose a file name in an existing folder")
        ),
    ) as (part,):
        part.write_text(text, encoding="utf-8", newline="")
