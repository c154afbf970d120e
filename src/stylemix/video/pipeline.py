"""Stages of work that run at once, each in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")

_WAIT = 0.1  # seconds after which a stage looks whether it is still wanted


def ahead(source: Iterable[Item], depth: int = 2) -> Generator[Item, None, None]:
    """Yield the items of ``source``, made in a thread while the caller works on former ones.

    An exception of the source is raised where its item would stand. When the caller stops early
    (or closes this generator), the thread ends after the item it is at, and the source is closed.

    Args:
        source: used in the thread only.
        depth: items made ahead at most, which bounds the memory.
    """
    made: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, value: Any) -> bool:
        while not stop.is_set():
            try:
                made.put((kind, value), timeout=_WAIT)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        iterator = iter(source)
        try:
            for item in iterator:
                if not put("item", item):
                    return
            put("end", None)
        except BaseException as problem:
            put("problem", problem)
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = made.get()
            if kind == "end":
                return
            if kind == "problem":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()
