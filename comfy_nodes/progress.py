"""Progress and cancelling through ComfyUI's own interface."""

from __future__ import annotations

from collections.abc import Callable

from comfy.model_management import throw_exception_if_processing_interrupted
from comfy.utils import ProgressBar

_STEPS = 100  # of the bar, for each picture: a large picture moves it tile by tile


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
            self._bar.update_absolute(number * _STEPS + _STEPS * done // max(1, total))

        return report
