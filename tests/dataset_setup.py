"""A data set's setup, put together without a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylemix.dataset.engine import Engine
from stylemix.dataset.model import choose_model
from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.paintings import Paintings
from stylemix.dataset.plan import Setup, make_units
from stylemix.dataset.sample import Unit
from stylemix.dataset.sources import open_source
from stylemix.dataset.storage import Local
from stylemix.dataset.targets import make_target


def prepared(
    source: Path, paintings: Path, out: Path, model: str, most: int = 9, **options: Any
) -> tuple[Setup, list[Unit]]:
    """Give a setup whose paintings are encoded, and its units."""
    samples, entries = open_source(source, "SOURCE")
    scan = samples.scan(entries, most)
    painted, entries = open_source(paintings, "PAINTINGS")
    styles = painted.scan(entries, 2)
    place = Local(str(out))
    settings = DatasetOptions(**{"format": "png", **options})
    setup = Setup(
        samples,
        Paintings(painted, tuple(styles.pieces), styles.fingerprint),
        make_target("folder", place, samples, scan, settings.per_image),
        place,
        settings,
        choose_model(model, "cpu", "torch", settings.batch)[0],
    )
    for block in range(len(setup.paintings.pieces)):
        Engine(setup).encode_paintings(block)
    return setup, make_units(scan.pieces)
