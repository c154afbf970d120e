"""Scheduling of threads, which an encoder must not change for the rest of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")


@contextmanager
def kept_priority() -> Iterator[None]:
    """Give threads that have become real-time ones in the meantime the usual scheduling back.

    As root, SVT-AV1 gives its threads and its caller's the highest real-time priority, for good; a
    program that works on between two frames then starves everything else.
    """
    before = _real_time()
    try:
        yield
    finally:
        for thread in _real_time() - before:
            with suppress(OSError):  # it has ended
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _real_time() -> set[int]:
    """Return the threads of this process with real-time scheduling, on Linux."""
    if not _THREADS.is_dir():
        return set()
    found = set()
    for thread in _THREADS.iterdir():
        with suppress(OSError):
            if os.sched_getscheduler(int(thread.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                found.add(int(thread.name))
    return found
