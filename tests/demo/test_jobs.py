from __future__ import annotations

import asyncio
import threading

import pytest

from stylemix.demo.jobs import Jobs
from stylemix.errors import Cancelled, StylemixError
from stylemix.types import ProgressEvent


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def nothing(event: ProgressEvent) -> None:
    """Ignore progress."""


async def until(condition) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def test_gives_the_result_and_progress(jobs):
    seen = []

    def work(tick):
        for step in range(3):
            tick(ProgressEvent(step + 1, 3))
        return "done"

    result = asyncio.run(jobs.run(work, session="a", progress=seen.append))
    assert result == "done"
    assert [(e.done, e.total) for e in seen] == [(0, 1), (1, 3), (2, 3), (3, 3)]
    assert jobs.open == 0


def test_places_in_the_queue_and_a_full_one(jobs):
    go_on = threading.Event()

    async def main():
        few = Jobs(most=1)
        works = [
            asyncio.ensure_future(few.run(lambda _: go_on.wait(), session=s, progress=nothing))
            for s in ("a", "b")
        ]
        await until(lambda: few.open == 2)
        assert (few.ahead("a"), few.ahead("b"), few.ahead("c")) == (0, 1, 0)
        with pytest.raises(StylemixError, match="the queue is full: 1"):
            await few.run(lambda _: None, session="c", progress=nothing)
        go_on.set()
        await asyncio.gather(*works)
        assert few.ahead("b") == 0
        await few.run(lambda _: None, session="c", progress=nothing)
        few.close()

    asyncio.run(main())


def test_errors_of_the_work_reach_the_caller(jobs):
    def work(tick):
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        asyncio.run(jobs.run(work, session=None, progress=nothing))
    assert jobs.open == 0


def test_one_at_a_time(jobs):
    running, most = 0, 0
    lock = threading.Lock()

    def work(tick):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1

    async def main():
        await asyncio.gather(*(jobs.run(work, session=str(k), progress=nothing) for k in range(5)))

    asyncio.run(main())
    assert most == 1


class Endless:
    """Work that ends only when it is cancelled."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.ended = threading.Event()

    def __call__(self, tick):
        self.started.set()
        try:
            while True:
                tick(ProgressEvent(1, 2))
                threading.Event().wait(0.005)
        finally:
            self.ended.set()


def test_stop_reaches_the_work_of_that_session_only(jobs):
    first, second = Endless(), Endless()

    async def main():
        a = asyncio.create_task(jobs.run(first, session="a", progress=nothing))
        b = asyncio.create_task(jobs.run(second, session="b", progress=nothing))
        await until(first.started.is_set)
        jobs.stop("c")
        await asyncio.sleep(0.05)
        assert not first.ended.is_set()
        jobs.stop("a")
        with pytest.raises(Cancelled):
            await a
        await until(second.started.is_set)
        jobs.stop("b")
        with pytest.raises(Cancelled):
            await b

    asyncio.run(main())
    assert first.ended.is_set()
    assert second.ended.is_set()


def test_cancelling_the_task_stops_the_thread(jobs):
    work = Endless()

    async def main():
        task = asyncio.create_task(jobs.run(work, session="a", progress=nothing))
        await until(work.started.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(work.ended.is_set)
        await until(lambda: jobs.open == 0)

    asyncio.run(main())


def test_a_cancelled_job_that_waits_never_starts(jobs):
    first, second = Endless(), Endless()

    async def main():
        a = asyncio.create_task(jobs.run(first, session="a", progress=nothing))
        await until(first.started.is_set)
        b = asyncio.create_task(jobs.run(second, session="b", progress=nothing))
        await until(lambda: jobs.open == 2)
        b.cancel()
        with pytest.raises(asyncio.CancelledError):
            await b
        jobs.stop("a")
        with pytest.raises(Cancelled):
            await a
        assert await jobs.run(lambda tick: 7, session="c", progress=nothing) == 7

    asyncio.run(main())
    assert not second.started.is_set()
