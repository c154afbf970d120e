"""Ctrl-C as a wish to stop at the next step, so that the picture so far can be kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """Whether stopping was asked for.

    Attributes:
        asked: true after the first Ctrl-C.
    """

    asked: bool = False


@contextmanager
def stopping(enabled: bool = True) -> Iterator[Stop]:
    """Note the first Ctrl-C within the block; the second one interrupts as usual.

    Args:
        enabled: otherwise the first one interrupts already.
    """
    stop = Stop()
    if not enabled or threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        stop.asked = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
