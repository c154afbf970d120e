"""What a target is: it writes the results of a unit, the same bytes whoever calls it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from stylemix.dataset.sample import Output, Unit
from stylemix.dataset.sources import Scan, Source
from stylemix.dataset.storage import Storage


@dataclass
class Target(ABC):
    """Results in one layout. It is small and can be pickled, for other processes and machines.

    Attributes:
        storage: where the files go.
        copies: results per sample; where there are several, their numbers are part of their names.
        classes: the names of all classes, in the order of their numbers.
    """

    storage: Storage
    copies: int
    classes: tuple[str, ...]
    layout: ClassVar[str]

    @abstractmethod
    def write(self, unit: Unit, outputs: Sequence[Output]) -> list[str]:
        """Write the results of a unit, each file whole or not at all.

        Args:
            unit: whose results they are.
            outputs: in their order; perhaps none.

        Returns:
            The names of the files.
        """

    def begin(self, scan: Scan) -> None:  # noqa: B027 - most layouts need nothing
        """Make what the units need, and what has to be there even without results."""

    def finish(self, source: Source, scan: Scan) -> None:  # noqa: B027 - likewise
        """Write what belongs to all units together.

        Args:
            source: of the samples.
            scan: what was found in it.
        """

    def left_out(self, scan: Scan) -> tuple[str, ...]:
        """Return the files of the source that have no place in this layout."""
        return scan.loose

    def copied(self, name: str, copy: int) -> str:
        """Return a sample's name, with the result's number where it has several."""
        return name if self.copies == 1 else f"{name}-{copy}"
