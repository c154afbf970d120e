"""Progress, previews and cancelling through ComfyUI's own interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from comfy.model_management import (
    InterruptProcessingException,
    throw_exception_if_processing_interrupted,
)
from comfy.utils import ProgressBar

from stylemix.errors import Cancelled
from stylemix.types import Progress, ProgressEvent

_STEPS = 100  # of the bar, for each picture: a large picture moves it tile by tile
_PREVIEW_SIDE = 512  # pixels of the long side; ComfyUI shrinks what is larger


class NodeProgress:
    """One progress bar over several pictures.

    Args:
        pictures: how many there are.
    """

    def __init__(self, pictures: int) -> None:
        self._bar = ProgressBar(pictures * _STEPS)

    def of(self, number: int) -> Progress:
        """Return the callback for picture ``number``, counted from 0.

        It shows the picture so far on the node, where there is one. Once the user has pressed
        cancel it raises the library's :class:`stylemix.errors.Cancelled`, with which an
        optimization hands over what it reached; see :func:`cancelling`.
        """

        def report(event: ProgressEvent) -> None:
            try:
                throw_exception_if_processing_interrupted()
            except InterruptProcessingException as asked:
                raise Cancelled("cancelled in ComfyUI") from asked
            picture = event.picture()
            # JPEG holds no opacity.
            shown = None if picture is None else ("JPEG", picture.convert("RGB"), _PREVIEW_SIDE)
            done = number * _STEPS + _STEPS * event.done // max(1, event.total)
            self._bar.update_absolute(done, preview=shown)

        return report


@contextmanager
def cancelling() -> Iterator[None]:
    """Give ComfyUI its own exception back, unchanged, where the work within was cancelled."""
    try:
        yield
    except Cancelled as stopped:
        if isinstance(stopped.__cause__, InterruptProcessingException):
            raise stopped.__cause__ from None
        raise
