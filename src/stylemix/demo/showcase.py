"""Finished pictures of the example pairs, painted once after the server has started."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from stylemix.demo.controls import CONTROLS
from stylemix.demo.examples import Example
from stylemix.demo.history import Entry
from stylemix.demo.names import label
from stylemix.demo.results import name_of, write
from stylemix.demo.service import Painted, Service
from stylemix.demo.watching import entry_of
from stylemix.errors import Cancelled
from stylemix.types import ProgressEvent

SIZE = "768"
"""Long side of a picture in pixels; a value of the control ``size``."""

log = logging.getLogger(__name__)


class Showcase:
    """Paints the pairs one after another, in a thread of its own.

    The first model then also is in memory, and the time that a picture takes is known.

    Args:
        service: what paints.
        pairs: photographs and paintings.
        folder: where the pictures are written; not the cache, whose files are swept.
    """

    def __init__(
        self, service: Service, pairs: Sequence[tuple[Example, Example]], folder: Path
    ) -> None:
        self._model = service.quick_model or ""
        # An optimization would keep the server busy for minutes.
        self.pairs = tuple(pairs) if self._model else ()
        self._service, self._folder = service, folder
        self._made: dict[int, Entry | None] = {}
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="stylemix-showcase")
        self._thread.start()

    async def get(self, number: int) -> Entry | None:
        """Return a pair's picture once it is painted; None where that isn't possible."""
        return await asyncio.to_thread(self._wait, number)

    def close(self) -> None:
        """End the thread at the next chance."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def _wait(self, number: int) -> Entry | None:
        with self._changed:
            self._changed.wait_for(lambda: number in self._made or self._ended)
            return self._made.get(number)

    def _run(self) -> None:
        for number in range(len(self.pairs)):
            try:
                entry = self._paint(*self.pairs[number])
            except Cancelled:
                return
            except Exception:  # a page without its examples is better than none
                log.exception("the example can't be painted")
                entry = None
            with self._changed:
                self._made[number] = entry
                self._changed.notify_all()

    def _paint(self, photo: Example, painting: Example) -> Entry:
        def tick(_: ProgressEvent) -> None:
            if self._ended:
                raise Cancelled("the server ends")

        model = self._model
        asked = {
            "photo": {"path": photo.picture},
            "painting_1": {"path": painting.picture},
            "size": SIZE,
            "model": model,
        }
        order, _ = self._service.read([asked.get(n, c.default) for n, c in CONTROLS.items()])
        picture, _ = self._service.render(order, model, tick)
        name = name_of(order.photo, order.paintings)
        painted = Painted(
            write(picture, order.photo, self._folder, name), picture.size, "", seconds=None
        )
        return entry_of(painted, order, label(model))
