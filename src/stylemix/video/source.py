"""What a source of frames is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType

from stylemix.video.frame import Frame


class Source(ABC):
    """Frames from somewhere, in their order.

    Attributes:
        path: where they are read.
        rate: frames per second on average.
        length: seconds, or None where only the end will tell.
        time_base: seconds that all times are multiples of.
        origin: the file's own time, in seconds, that is called 0 here.
    """

    rate: Fraction
    length: Fraction | None = None
    time_base: Fraction = Fraction(1, 90000)
    origin: Fraction = Fraction(0)

    def __init__(self, path: str) -> None:
        self.path = path

    @abstractmethod
    def frames(self, start: Fraction = Fraction(0)) -> Iterator[Frame]:
        """Yield the frames, of one size.

        Args:
            start: seconds; frames before it may be left out, but not the one that is on the
                screen then.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Close what is open."""

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
