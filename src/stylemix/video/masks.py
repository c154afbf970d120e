"""Masks of a video: still ones, and ones that are videos themselves."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from stylemix.errors import VideoError
from stylemix.images import Picture, read_mask
from stylemix.video.formats import FORMATS
from stylemix.video.frame import Frame
from stylemix.video.opening import open_source
from stylemix.video.timing import window, with_durations

_SOON = Fraction(1, 10)  # seconds by which a mask may end earlier than its video


class Mask:
    """One style's mask over time.

    Args:
        picture: a picture; or the path of a video or of a folder of frames, white where the style
            holds. A video that ends early holds its last frame, with a warning; one that is longer
            is cut off.
        start: seconds of the mask's video at which the result begins.

    Raises:
        VideoError: it is a video that can't be read.
    """

    def __init__(self, picture: Picture, start: Fraction) -> None:
        self._still: np.ndarray | None = None
        self._frames: Iterator[Frame] | None = None
        self._current: Frame | None = None
        self._next: Frame | None = None
        self._picture = picture
        self._told: set[str] = set()
        if _moves(picture):
            self._frames = window(_film(picture, start), start, None)
            self._next = next(self._frames, None)
            if self._next is None:  # it ends before the result begins
                last = deque(_film(picture, Fraction(0)), maxlen=1)
                if not last:
                    raise VideoError(f"the mask {str(picture)!r} has no frames; check the file")
                self._next = replace(last[0], time=Fraction(0), duration=Fraction(0))

    def at(self, time: Fraction, height: int, width: int) -> np.ndarray:
        """Return the mask [H, W] float32 in [0, 1] of a time; times must not fall.

        Raises:
            PictureError: it can't be read, or has other proportions.
        """
        if self._frames is None:
            if self._still is None or self._still.shape != (height, width):
                self._still = read_mask(self._picture, height, width)[0, 0].numpy()
            return self._still
        while self._next is not None and (self._current is None or self._next.time <= time):
            self._current, self._next = self._next, next(self._frames, None)
            if self._current.damage:
                self._tell("damaged", f"has damaged frames, the first {self._current.damage}")
        assert self._current is not None
        end = self._current.time + self._current.duration
        if self._next is None and time >= end + _SOON:
            self._tell("early", "ends before the video; its last frame holds")
        return read_mask(self._current.rgba, height, width)[0, 0].numpy()  # type: ignore[no-any-return]

    def _tell(self, kind: str, text: str) -> None:
        """Warn, once of each kind."""
        if kind not in self._told:
            self._told.add(kind)
            warnings.warn(f"the mask {str(self._picture)!r} {text}", stacklevel=3)


def _film(picture: Picture, start: Fraction) -> Iterator[Frame]:
    return with_durations(open_source(str(picture)).frames(start))


def _moves(picture: Picture) -> bool:
    if not isinstance(picture, str | os.PathLike):
        return False
    path = Path(os.fspath(picture))  # type: ignore[arg-type]
    still = path.suffix.lower() == ".webp"  # far more often a picture than an animation
    return path.is_dir() or (path.suffix.lower() in FORMATS and not still)
