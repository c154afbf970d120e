"""Whoever does the work of a run: this process, several of this machine, or a cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

import torch

from stylemix.dataset.engine import Engine
from stylemix.dataset.plan import Setup


class Runner(ABC):
    """Does tasks, in any order; a context, at whose end nothing of it is left."""

    @abstractmethod
    def run(self, task: str, items: Sequence[Any]) -> Iterator[int]:
        """Do a task for each item.

        Args:
            task: a method of :class:`stylemix.dataset.engine.Engine`.
            items: its argument, one after the other.

        Yields:
            How many results were drawn since the last time, zero or more. It ends when all items
            are done.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop what still works, and wait for its end."""

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Here(Runner):
    """Works in this process, in one thread as any other does."""

    def __init__(self, setup: Setup, fail_fast: bool) -> None:
        self._drawn = 0
        self._threads = torch.get_num_threads()
        self._engine = Engine(setup, fail_fast=fail_fast, report=self._report)

    def run(self, task: str, items: Sequence[Any]) -> Iterator[int]:
        """Do a task for each item; see :meth:`Runner.run`."""
        for item in items:
            getattr(self._engine, task)(item)
            yield self._drawn
            self._drawn = 0

    def close(self) -> None:
        """Give the process its threads back."""
        torch.set_num_threads(self._threads)

    def _report(self, count: int) -> None:
        self._drawn += count
