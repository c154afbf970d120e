"""All that a run does, written down before it begins: a function of its arguments alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stylemix.dataset.model import ModelChoice
from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.paintings import Paintings
from stylemix.dataset.sample import Piece, Unit
from stylemix.dataset.sources import Source
from stylemix.dataset.storage import Storage
from stylemix.dataset.targets import Target

FORMAT = 1


@dataclass(frozen=True)
class Setup:
    """What every process of a run gets; small, and picklable.

    Attributes:
        source: of the samples.
        paintings: what they are painted like.
        target: where results go.
        out: the storage under them, which keeps the run's state too.
        options: of the results.
        model: that draws.
    """

    source: Source
    paintings: Paintings
    target: Target
    out: Storage
    options: DatasetOptions
    model: ModelChoice

    def identity(self, samples: dict[str, Any]) -> dict[str, Any]:
        """Return all that decides the bytes of the output, as JSON holds it.

        Args:
            samples: the fingerprint of the source.
        """
        # Strengths as the list that JSON makes of them.
        options = {**asdict(self.options), "strength": list(self.options.strength)}
        return {
            "format": FORMAT,
            "layout": self.target.layout,
            "source": samples,
            "paintings": self.paintings.fingerprint,
            "options": options,
            "model": {
                "name": self.model.name,
                "sha256": self.model.sha256,
                "device": self.model.device.partition(":")[0],
                "runtime": self.model.runtime,
            },
            "versions": self.model.versions(),
        }


def make_units(pieces: Sequence[Piece]) -> list[Unit]:
    """Return one unit for each piece, numbered within its group."""
    of = Counter(piece.group for piece in pieces)
    number: Counter[str] = Counter()
    units = []
    for index, piece in enumerate(pieces):
        units.append(Unit(index, number[piece.group], of[piece.group], piece))
        number[piece.group] += 1
    return units
