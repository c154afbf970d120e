from __future__ import annotations

from pathlib import Path

import pytest

from stylemix.errors import Cancelled
from stylemix.video.frame import Frame
from stylemix.video.writing import Writer


class Notes(Writer):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def write(self, frame: Frame) -> None:
        self.notes.append("write")

    def finish(self) -> Path:
        self.notes.append("finish")
        return Path("whole")

    def keep_part(self) -> Path | None:
        self.notes.append("keep")
        return Path("part")

    def discard(self) -> None:
        self.notes.append("discard")


@pytest.mark.parametrize(
    "problem, note", [(KeyboardInterrupt, "keep"), (Cancelled, "keep"), (OSError, "discard")]
)
def test_an_interrupt_keeps_a_part_and_an_error_nothing(problem, note):
    writer = Notes()
    with pytest.raises(problem), writer:
        raise problem
    assert writer.notes == [note]
    assert writer.written is None
    assert writer.part == (Path("part") if note == "keep" else None)


def test_the_end_of_the_block_finishes():
    writer = Notes()
    with writer:
        pass
    assert writer.notes == ["finish"] and writer.written == Path("whole")
