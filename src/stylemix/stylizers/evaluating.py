"""Evaluation mode while pictures are drawn, for models that several threads may share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


class Lock:
    """A reentrant lock that a copied or pickled model gets anew."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *problem: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type[Lock], tuple[()]]:
        """Return how copies are made: as new, free locks."""
        return type(self), ()


class Evaluating:
    """Evaluation mode for as long as anybody draws.

    A model in evaluation mode isn't touched. One in training mode is switched by the first who
    draws and switched back by the last, module by module, so that others who draw at the same time
    don't find it in training mode again.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._training: list[nn.Module] = []

    @contextmanager
    def of(self, model: nn.Module) -> Iterator[None]:
        """Keep a model in evaluation mode within the block."""
        with self._lock:
            self._users += 1
            found = [module for module in model.modules() if module.training]
            for module in found:
                module.training = False
            self._training += found
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    for module in self._training:
                        module.training = True
                    self._training = []

    def __reduce__(self) -> tuple[type[Evaluating], tuple[()]]:
        """Return how copies are made: nobody draws with them yet."""
        return type(self), ()
