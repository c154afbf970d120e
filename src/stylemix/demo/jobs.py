"""One worker that renders, with progress and a cancel that reaches it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stylemix.errors import Cancelled, StylemixError
from stylemix.types import Progress, ProgressEvent

T = TypeVar("T")


class Jobs:
    """Runs one piece of work at a time, in a thread of its own.

    A cancelled job stops at its next progress call. Whoever asked is told at once, but the next
    job starts only then, so that users who start and cancel can't pile up work.

    Args:
        most: jobs that may wait; more are refused.
    """

    def __init__(self, most: int = 40) -> None:
        self._most = most
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stylemix")
        self._flags: dict[threading.Event, str | None] = {}

    @property
    def open(self) -> int:
        """Jobs that wait or run."""
        return len(self._flags)

    def ahead(self, session: str | None) -> int:
        """Count the jobs before a session's first one, that at work included."""
        owners = list(self._flags.values())
        return owners.index(session) if session in owners else 0

    async def run(
        self, work: Callable[[Progress], T], *, session: str | None, progress: Progress
    ) -> T:
        """Run ``work`` and return what it returns.

        Args:
            work: called in the worker with the progress callback that it must hand on.
            session: who asks; see :meth:`stop`.
            progress: called from the worker with what the work reports.

        Raises:
            StylemixError: too many jobs wait already.
            Cancelled: :meth:`stop` was called for the session.
            asyncio.CancelledError: the awaiting task was cancelled.
        """
        if self.open > self._most:
            raise StylemixError(
                f"the queue is full: {self._most} others wait already; try again in a moment"
            )
        flag = threading.Event()

        def tick(event: ProgressEvent) -> None:
            if flag.is_set():
                raise Cancelled("the work was cancelled")
            progress(event)

        def job() -> T:
            tick(ProgressEvent(0, 1))
            return work(tick)

        # Gradio finds the event that progress belongs to by context variables.
        context = contextvars.copy_context()
        future = self._pool.submit(context.run, job)
        self._flags[flag] = session
        # Only the end of the work itself closes the job, not that of whoever awaits it.
        future.add_done_callback(lambda _: self._flags.pop(flag, None))
        try:
            return await asyncio.wrap_future(future)
        finally:
            flag.set()

    def stop(self, session: str | None) -> None:
        """Cancel every job of a session, such as when its browser has left."""
        for flag, owner in list(self._flags.items()):
            if owner == session:
                flag.set()

    def close(self) -> None:
        """Cancel everything and end the worker."""
        for flag in list(self._flags):
            flag.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
