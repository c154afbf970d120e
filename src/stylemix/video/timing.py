"""Times of frames: cutting a window out, and another frame rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from stylemix.video.frame import Frame


def with_durations(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Let every frame but the last stay until the next one appears.

    Frames that don't appear later than the one before are left out, since no two frames can be
    shown at once.

    Args:
        frames: with rising times; durations count for the last one only.
    """
    held: Frame | None = None
    for frame in frames:
        if held is not None:
            if frame.time <= held.time:
                continue
            yield replace(held, duration=frame.time - held.time)
        held = frame
    if held is not None:
        yield held


def window(frames: Iterable[Frame], start: Fraction, end: Fraction | None) -> Iterator[Frame]:
    """Cut a piece out of a video; its times begin at 0.

    The frame that is on the screen at ``start`` is the first one.

    Args:
        frames: with times and durations.
        start: seconds.
        end: seconds, or None for the video's end.
    """
    for frame in frames:
        if end is not None and frame.time >= end:
            return
        until = frame.time + frame.duration
        if until <= start:
            continue
        first = max(frame.time, start)
        last = until if end is None else min(until, end)
        yield replace(frame, time=first - start, duration=last - first)


def at_rate(frames: Iterable[Frame], rate: Fraction) -> Iterator[Frame]:
    """Show a video at a constant rate: frames are left out or shown again.

    At each time ``k / rate`` stands the frame that is on the screen at that moment.

    Args:
        frames: with times and durations, beginning at 0.
        rate: frames per second.
    """
    number = 0
    for frame in frames:
        until = frame.time + frame.duration
        while Fraction(number) / rate < until:
            yield replace(frame, time=Fraction(number) / rate, duration=1 / rate)
            number += 1


def count_at(duration: Fraction, rate: Fraction) -> int:
    """Return how many frames a video of this many seconds has at a rate, at least 1."""
    return max(1, math.ceil(duration * rate - Fraction(1, 1000)))


def ticks(time: Fraction, base: Fraction) -> int:
    """Return a time in seconds as whole ticks of ``base`` seconds."""
    return round(time / base)
