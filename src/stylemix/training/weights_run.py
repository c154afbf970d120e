"""A training whose output is one file of weights, with its figures beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from stylemix.errors import CheckpointError
from stylemix.images.atomic import replacing
from stylemix.training.run import ResumableRun
from stylemix.training.run_config import WeightsFileConfig

C = TypeVar("C", bound=WeightsFileConfig)


class WeightsRun(ResumableRun[C]):
    """A run that ends with a report, ``config.report_file``."""

    def _write_report(self, found: Mapping[str, Any], seen: str) -> None:
        """Write what was found, and how it came about, as JSON.

        Args:
            found: pictures and figures.
            seen: what the number of pictures used is named.

        Raises:
            CheckpointError: it can't be written.
        """
        file = self.config.report_file
        record = {
            **found,
            "steps": self.step,
            seen: self.seen,
            "minutes": round(self.seconds / 60, 2),
            "hardware": self.device.type,
            "precision": str(self.precision).removeprefix("torch."),
            "config": self.config.identity(),
        }
        with replacing(
            [file],
            lambda problem: CheckpointError(
                f"the report can't be written to {file} ({problem}); make room, then start again"
            ),
        ) as (part,):
            part.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
