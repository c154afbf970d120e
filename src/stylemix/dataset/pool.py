"""Processes of this machine, each with an engine of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import torch

from stylemix.dataset.engine import Engine
from stylemix.dataset.plan import Setup
from stylemix.dataset.running import Runner
from stylemix.errors import DataError

MOST_ON_A_GPU = 8
"""Processes that share a GPU unless a number is given: each holds its libraries there."""

_POLL = 0.2
"""Seconds between two looks at the counter."""


def usual_workers(device: str) -> int:
    """Return the number of processes that keeps this machine busy."""
    # Fewer than the machine has, where a container or a batch system gives out cores.
    known = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1
    return cores if device == "cpu" else min(cores, MOST_ON_A_GPU)


class Pool(Runner):
    """Works in processes of this machine, which end when this one does, however it ends.

    Args:
        setup: the run's.
        workers: how many processes.
        fail_fast: stop at the first sample that can't be read.
    """

    def __init__(self, setup: Setup, workers: int, fail_fast: bool) -> None:
        # Forked processes would inherit locks and threads of torch and OpenVINO, half of them dead.
        spawn = multiprocessing.get_context("spawn")
        self._workers = workers
        self._stop = spawn.Event()
        self._drawn = spawn.Value("q", 0)
        self._taken = 0
        self._pool = ProcessPoolExecutor(
            workers,
            mp_context=spawn,
            initializer=_begin,
            initargs=(setup, fail_fast, self._drawn, self._stop, spawn.Value("i", 0)),
        )

    def run(self, task: str, items: Sequence[Any]) -> Iterator[int]:
        """Do a task for each item; see :meth:`Runner.run`."""
        left = iter(items)
        running: set[Future[None]] = set()
        try:
            while True:
                while len(running) < 2 * self._workers and (item := next(left, None)) is not None:
                    running.add(self._pool.submit(_do, task, item))
                if not running:
                    break
                finished, running = wait(running, _POLL, FIRST_COMPLETED)
                yield self._news()
                for future in finished:
                    future.result()
        except BrokenProcessPool as problem:
            raise DataError(
                "a worker process was killed or couldn't start, perhaps for want of memory: give "
                "fewer workers, and call stylize_dataset under `if __name__ == '__main__':` in a "
                "program; the same command goes on"
            ) from problem
        yield self._news()

    def close(self) -> None:
        """Stop the processes between two pictures."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _news(self) -> int:
        now = self._drawn.value
        new, self._taken = now - self._taken, now
        return int(new)


class _Worker:
    """What a worker process holds."""

    engine: Engine | None = None
    arguments: tuple[Any, ...] = ()


def _begin(*arguments: Any) -> None:
    """Prepare a worker process."""
    # Ctrl-C reaches every process of a terminal; the first one tells the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Worker.arguments = arguments


def _end_with_parent() -> None:
    """End this process when its parent has ended, were it by SIGKILL."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(task: str, item: Any) -> None:
    """Do one item in a worker process."""
    if _Worker.engine is None:
        setup, fail_fast, drawn, stop, number = _Worker.arguments
        if setup.model.device == "cuda":
            with number.get_lock():
                torch.cuda.set_device(number.value % torch.cuda.device_count())
                number.value += 1

        def report(count: int) -> None:
            with drawn.get_lock():
                drawn.value += count

        _Worker.engine = Engine(setup, fail_fast=fail_fast, report=report, stopped=stop.is_set)
    getattr(_Worker.engine, task)(item)
