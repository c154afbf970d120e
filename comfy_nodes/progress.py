"""Progress, previews and cancelling through ComfyUI's own interface."""

from __future__ import annotations

from comfy.model_management import throw_exception_if_processing_interrupted
from comfy.utils import ProgressBar

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

        It shows the picture so far on the node, where there is one. It raises ComfyUI's own
        exception once the user has pressed cancel; the exception must reach ComfyUI unchanged.
        """

        def report(event: ProgressEvent) -> None:
            throw_exception_if_processing_interrupted()
            picture = event.picture()
            # JPEG holds no opacity.
            shown = None if picture is None else ("JPEG", picture.convert("RGB"), _PREVIEW_SIDE)
            done = number * _STEPS + _STEPS * event.done // max(1, event.total)
            self._bar.update_absolute(done, preview=shown)

        return report
