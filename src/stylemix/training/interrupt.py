"""Ctrl-C, and a request to end, between two steps, never inside one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_USUAL: dict[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    # Batch systems, supervisors and `kill` send it before they end a process for good.
    signal.SIGTERM: signal.SIG_DFL,
}
"""Signals that are held back, with the handler that a Python program has for each."""


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C and SIGTERM back until the function that this gives is called.

    It raises ``KeyboardInterrupt`` then. A step that is cut in two would leave weights, moments and
    counters that don't belong together. A signal's second arrival is raised at once, for steps that
    hang. Outside the main thread nothing is changed, nor is a signal that the program handles in a
    way of its own.
    """
    arrived: set[int] = set()

    def hold(number: int, frame: FrameType | None) -> None:
        # Both may come once: torchrun answers the terminal's Ctrl-C with a SIGTERM to its workers.
        if number in arrived:
            raise KeyboardInterrupt
        arrived.add(number)

    def check() -> None:
        if arrived:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    held = [number for number, usual in _USUAL.items() if signal.getsignal(number) == usual]
    for number in held:
        signal.signal(number, hold)
    try:
        yield check
    finally:
        for number in held:
            signal.signal(number, _USUAL[number])
