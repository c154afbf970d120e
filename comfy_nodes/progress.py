"""Progress, previews and cancelling through ComfyUI's own interface."""

from __future__ import annotations

from collections.abc import Callable

from comfy.model_management import throw_exception_if_processing_interrupted
from comfy.utils import ProgressBar
from PIL import Image

_STEPS = 100  # of the bar, for each picture: a large picture moves it tile by tile
_PREVIEW_SIDE = 512  # pixels of the long side; ComfyUI shrinks what is larger


class Progress:
    """One progress bar over several pictures.

    Args:
        pictures: how many there are.
    """

    def __init__(self, pictures: int) -> None:
        self._bar = ProgressBar(pictures * _STEPS)

    def of(self, number: int) -> Callable[[int, int], None]:
        """Give the callback for picture ``number``, counted from 0.

        It raises ComfyUI's own exception once the user has pressed cancel; the exception must
        reach ComfyUI unchanged.
        """

        def report(done: int, total: int) -> None:
            throw_exception_if_processing_interrupted()
            self._bar.update_absolute(_at(number, done, total))

        return report

    def with_previews(self, number: int) -> Callable[[int, int, Image.Image], None]:
        """Give a callback as :meth:`of` does, which also shows the picture so far on the node."""

        def report(done: int, total: int, picture: Image.Image) -> None:
            throw_exception_if_processing_interrupted()
            # JPEG holds no opacity.
            shown = ("JPEG", picture.convert("RGB"), _PREVIEW_SIDE)
            self._bar.update_absolute(_at(number, done, total), preview=shown)

        return report


def _at(number: int, done: int, total: int) -> int:
    return number * _STEPS + _STEPS * done // max(1, total)
