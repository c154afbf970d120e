"""Frames that can't be decoded, each replaced by its neighbor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from stylemix.video.frame import Frame


@dataclass(frozen=True)
class Gap:
    """Where a frame can't be decoded.

    Attributes:
        time: when it would appear, in seconds.
        duration: how long it would stay, in seconds.
        where: the same for people, see :class:`Frame`.
    """

    time: Fraction
    duration: Fraction
    where: str


def bridged(found: Iterable[Frame | Gap]) -> Iterator[Frame]:
    """Show the frame before again in each gap; in gaps at the beginning, the first frame.

    So a video keeps its number of frames, and numbered ones keep their numbers.

    Args:
        found: in the order of their times.
    """
    before: Frame | None = None
    early: list[Gap] = []
    for one in found:
        if isinstance(one, Frame):
            yield from (_filled(gap, one) for gap in early)
            early.clear()
            before = one
            yield one
        elif before is None:
            early.append(one)
        else:
            yield _filled(one, before)


def _filled(gap: Gap, frame: Frame) -> Frame:
    return replace(frame, time=gap.time, duration=gap.duration, damage=gap.where)


class Toll:
    """How many of the frames that pass stand for damaged ones.

    Attributes:
        count: so far.
        first: where the first of those is.
    """

    count: int = 0
    first: str = ""

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames, and count."""
        for frame in frames:
            if frame.damage:
                self.count += 1
                self.first = self.first or frame.damage
            yield frame
