"""Pictures of work on its way, from the worker to the page."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylemix.demo.results import preview, write_small
from stylemix.types import ProgressEvent

SIDE = 1024
"""Long side of a preview in pixels."""
EVERY = 0.7
"""Seconds between two previews at least: browsers need not load every step."""


@dataclass(frozen=True)
class Preview:
    """The picture so far.

    Attributes:
        before: path of the photograph, as large as ``after``; "" where there is none.
        after: path of the picture.
        done: steps done.
        total: steps in all.
    """

    before: str
    after: str
    done: int
    total: int


class Previews:
    """Hands the newest preview from a worker's thread to whoever awaits it.

    Args:
        photo: path of the photograph; None for pictures that belong to none.
        folder: where pictures are written, in a folder of their own.
    """

    def __init__(self, photo: str | None, folder: Path) -> None:
        self._photo = photo
        self._folder = folder / f"preview-{secrets.token_hex(16)}"
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._newest: Preview | None = None
        self._shown = 0.0
        self._files: list[Path] = []

    def put(self, event: ProgressEvent) -> None:
        """Show the picture so far, unless the last one is too recent; called by the worker."""
        if time.monotonic() - self._shown < EVERY:
            return
        picture = event.picture()
        if picture is None:
            return
        before = self._folder / "before.webp"
        scale = min(1.0, SIDE / max(picture.size))
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        if self._photo is not None and not before.is_file():
            preview(self._photo, before, SIDE, size)
        self._folder.mkdir(exist_ok=True)
        after = self._folder / f"after-{event.done}.webp"
        write_small(picture, size, after)
        self._files.append(after)
        # A browser may still be loading the one before.
        for old in self._files[:-3]:
            old.unlink(missing_ok=True)
        del self._files[:-3]
        beside = "" if self._photo is None else str(before)
        self._newest = Preview(beside, str(after), event.done, event.total)
        self._shown = time.monotonic()
        self._loop.call_soon_threadsafe(self._ready.set)

    async def get(self, work: asyncio.Future[Any], patience: float | None = None) -> Preview | None:
        """Wait for the next preview; None once ``work`` is done, or after some seconds."""
        waiter: asyncio.Future[Any] = asyncio.ensure_future(self._ready.wait())
        try:
            await asyncio.wait(
                {work, waiter}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waiter.cancel()
        if work.done() or not self._ready.is_set():
            return None
        self._ready.clear()
        return self._newest
