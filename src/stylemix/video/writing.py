"""What a writer of frames is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType

from stylemix.errors import Cancelled
from stylemix.video.consistency import Former
from stylemix.video.frame import Frame
from stylemix.video.resuming import Point


class Writer(ABC):
    """Where frames go; a context that finishes, keeps a part, or leaves nothing.

    The block's end finishes the file. An interrupt (KeyboardInterrupt or
    :class:`stylemix.errors.Cancelled`) keeps what was done under another name, see ``part``; any
    other exception discards it.

    Attributes:
        written: the finished file or folder.
        part: what was kept of an interrupted video.
    """

    written: Path | None = None
    part: Path | None = None

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Write one frame; times rise.

        Raises:
            VideoError: it can't be written.
        """

    def begin(self, job: str) -> Point:
        """Return how far an earlier run has come with a job: none, but in resumable writers.

        Raises:
            ConfigError: there is work of another job.
            VideoError: what is there is damaged.
        """
        return Point()

    def mark(self, former: Former, scenes: int) -> None:  # noqa: B027 - most have nothing to note
        """Note what the next frame needs of the last one, and how many scenes there were.

        Raises:
            VideoError: it can't be written.
        """

    @abstractmethod
    def finish(self) -> Path:
        """Complete the file and return its path.

        Raises:
            VideoError: it can't be written, or there was no frame.
        """

    @abstractmethod
    def keep_part(self) -> Path | None:
        """Complete the part that was written and return its path, None for no frame."""

    @abstractmethod
    def discard(self) -> None:
        """Remove what was written."""

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if problem is None:
            self.written = self.finish()
        elif isinstance(problem, KeyboardInterrupt | Cancelled):
            self.part = self.keep_part()
        else:
            self.discard()
