"""The report of a training whose output is one file of weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from stylemix.errors import CheckpointError
from stylemix.images.atomic import replacing
from stylemix.training.run import Session
from stylemix.training.run_config import WeightsFileConfig

C = TypeVar("C", bound=WeightsFileConfig)


def write_report(session: Session[C], found: Mapping[str, Any], seen: str) -> None:
    """Write what was found, and how it came about, as JSON to ``config.report_file``.

    Args:
        session: of the training.
        found: pictures and figures.
        seen: what the number of pictures used is named.

    Raises:
        CheckpointError: it can't be written.
    """
    file = session.config.report_file
    record = {
        **found,
        "steps": session.step,
        seen: session.seen,
        "minutes": round(session.seconds / 60, 2),
        "hardware": session.device.type,
        "precision": str(session.precision).removeprefix("torch."),
        "config": session.config.identity(),
    }
    with replacing(
        [file],
        lambda problem: CheckpointError(
            f"the report can't be written to {file} ({problem}); make room, then start again"
        ),
    ) as (part,):
        part.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
