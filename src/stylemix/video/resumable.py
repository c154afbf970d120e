"""Writers whose work a later run goes on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from stylemix.errors import VideoError
from stylemix.video.consistency import Former
from stylemix.video.frame import Frame
from stylemix.video.movie import MovieWriter
from stylemix.video.numbered import FolderWriter
from stylemix.video.resuming import LENGTH, Piece, Point, Work
from stylemix.video.timing import ticks
from stylemix.video.writing import Writer


class PiecesWriter(Writer):
    """Encodes a video in pieces, which are joined without encoding anew when all are there.

    Args:
        whole: writes the joined video; its encoder stays unused.
        make: makes the writer of a piece's file.
        ending: of the pieces' files.
        time_base: seconds per tick.
        relative: whether a piece's own times begin at 0; else they are the video's.
        length: frames of a piece.
    """

    def __init__(
        self,
        whole: MovieWriter,
        make: Callable[[Path], MovieWriter],
        ending: str,
        time_base: Fraction,
        *,
        relative: bool,
        length: int = LENGTH,
    ) -> None:
        self._whole = whole
        self._make = make
        self._ending = ending
        self._base = time_base
        self._relative = relative
        self._length = length
        self._work = Work(whole.target.with_name(f"{whole.target.name}.resume"))
        self._saved = self._latest = Point()
        self._piece: MovieWriter | None = None
        self._begin = self._end = 0

    def begin(self, job: str) -> Point:
        """Return how far an earlier run has come; see :meth:`Writer.begin`."""
        self._saved = self._latest = self._work.load(job)
        return self._saved

    def write(self, frame: Frame) -> None:
        """Write one frame; see :meth:`Writer.write`."""
        if self._piece is None:
            self._work.make()
            self._begin = ticks(frame.time, self._base)
            self._piece = self._make(self._work.folder / self._name())
        self._end = ticks(frame.time + frame.duration, self._base)
        shift = self._begin * self._base if self._relative else 0
        self._piece.write(replace(frame, time=frame.time - shift))

    def mark(self, former: Former, scenes: int) -> None:
        """Finish the piece when it is long enough; see :meth:`Writer.mark`."""
        self._latest = replace(
            self._latest, count=self._latest.count + 1, scenes=scenes, former=former
        )
        if self._latest.count - self._saved.count >= self._length:
            self._close()

    def finish(self) -> Path:
        """Join the pieces; see :meth:`Writer.finish`."""
        self._close()
        files = [self._work.folder / piece.name for piece in self._saved.pieces]
        self._whole.join(list(zip(files, self._saved.pieces, strict=True)), relative=self._relative)
        path = self._whole.finish()
        self._work.remove()
        return path

    def keep_part(self) -> Path | None:
        """Finish the piece and return the folder of the work, None for no frame."""
        try:
            self._close()
        except VideoError:
            self.discard()
        self._whole.discard()
        return self._work.folder if self._saved.count else None

    def discard(self) -> None:
        """Remove the unfinished piece; the finished ones stay for a later run."""
        if self._piece is not None:
            self._piece.discard()
        self._whole.discard()

    def _name(self) -> str:
        return f"{len(self._saved.pieces) + 1:06d}{self._ending}"

    def _close(self) -> None:
        if self._piece is None:
            return
        piece, self._piece = self._piece, None
        name = self._name()
        piece.finish()
        pieces = (*self._saved.pieces, Piece(name, self._begin, self._end))
        self._saved = self._latest = replace(self._latest, pieces=pieces)
        self._work.save(self._saved)


class ResumableFolder(FolderWriter):
    """Writes numbered frames, and goes on behind those of an earlier run.

    Args:
        folder: made if missing; it is empty of such files, or holds the earlier run's.
        length: frames after which the state is noted.
    """

    def __init__(self, folder: Path, length: int = LENGTH) -> None:
        self._work = Work(folder / ".resume")
        super().__init__(folder, resumed=self._work.folder.is_dir())
        self._length = length
        self._scenes, self._former = 0, None  # type: tuple[int, Former | None]

    def begin(self, job: str) -> Point:
        """Return how far an earlier run has come; see :meth:`Writer.begin`."""
        point = self._work.load(job)
        self.count = point.count
        self._work.make()
        for number, path in self.frames():
            if number > self.count:  # drawn behind the last state, or by a run before the first
                path.unlink()
        return point

    def mark(self, former: Former, scenes: int) -> None:
        """Note the state now and then; see :meth:`Writer.mark`."""
        self._former, self._scenes = former, scenes
        if self.count % self._length == 0:
            self._save()

    def finish(self) -> Path:
        """Return the folder, which holds the frames alone now."""
        self._work.remove()
        return super().finish()

    def keep_part(self) -> Path | None:
        """Note the state and return the folder."""
        self._save()
        return super().keep_part()

    def _save(self) -> None:
        if self._former is not None:
            self._work.save(Point(self.count, self._scenes, self._former))
