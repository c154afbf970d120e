"""One run at a time for each output, by a lock that no killed run leaves behind."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stylemix.dataset.storage import Local, Storage
from stylemix.errors import DataError

NAME = ".stylemix.lock"

BEAT = 10.0
"""Seconds after which a run renews its mark in a storage that knows no locks."""


@contextmanager
def locked(out: Storage, beat: float = BEAT) -> Iterator[None]:
    """Keep other runs away from an output within the block.

    A folder of this machine is locked by the system, which frees it when the process ends. In an
    object store a run renews a mark every few seconds; a mark that stays the same for two beats
    was left by a run that is no more.

    Args:
        out: the output.
        beat: seconds between two renewals.

    Raises:
        DataError: another run writes to it.
    """
    held = _file(out) if isinstance(out, Local) else _mark(out, beat)
    with held:
        yield


@contextmanager
def _file(out: Local) -> Iterator[None]:
    out.make_folder("")
    lock = FileLock(Path(out.root, NAME))
    try:
        out.guard(NAME, lambda: lock.acquire(timeout=0))
    except DataError as problem:
        if isinstance(problem.__cause__, Timeout):
            raise _taken(out) from None
        raise
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _mark(out: Storage, beat: float) -> Iterator[None]:
    def found() -> bytes | None:
        return out.read(NAME) if NAME in out.names("") else None

    before = found()
    if before is not None:
        time.sleep(2 * beat)
        if found() not in (before, None):
            raise _taken(out)
    over = threading.Event()

    def renew() -> None:
        while not over.wait(beat):
            # A network that fails for a while must not cost the run.
            with contextlib.suppress(DataError):
                out.write(NAME, secrets.token_bytes(8))

    out.write(NAME, secrets.token_bytes(8))
    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(DataError):
            out.remove(NAME)


def _taken(out: Storage) -> DataError:
    return DataError(
        f"another run is writing to {out.root}; wait until it has ended, or choose another OUT"
    )
