"""Frames that agree with the ones before, one call at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from stylemix.errors import ConfigError
from stylemix.video.consistency import (
    STEADY,
    Blender,
    Former,
    Tracked,
    Tracker,
    check_steady,
)
from stylemix.video.frame import Frame


class Steadier:
    """Let pictures agree with the ones before, for programs that stylize frames themselves.

    Draw what :meth:`before` gives instead of the frame, and show what :meth:`after` gives instead
    of the result. :func:`stylemix.stylize_frames` does both and more.

    Args:
        steady: see :func:`stylemix.stylize_video`.

    Example:
        >>> import numpy as np
        >>> steadier = Steadier(0.7)
        >>> for level in (100, 110):
        ...     drawn = 255 - steadier.before(np.full((32, 48, 3), level, np.uint8))
        ...     print(steadier.after(drawn)[0, 0, 0])
        155
        151
    """

    def __init__(self, steady: float = STEADY) -> None:
        self._begin(check_steady(steady), None)

    def copy(self, steady: float | None = None) -> Steadier:
        """Return another one that has seen the same frames, and goes its own way from here.

        Args:
            steady: of the other one; None for this one's.
        """
        former, last = None, self._tracked
        if last is not None and self._blend.former is not None:
            former = Former(last.frame.rgb, last.calm, self._blend.former)
        other = Steadier(self._steady if steady is None else steady)
        other._begin(other._steady, former)
        other._tracked = last
        return other

    def _begin(self, steady: float, former: Former | None) -> None:
        self._steady = steady
        self._tracker = Tracker(steady, former)
        self._blend = Blender(steady, None if former is None else former.result)
        self._tracked: Tracked | None = None

    def before(self, frame: np.ndarray) -> np.ndarray:
        """Return a frame [H, W, 3] uint8 with its noise averaged, as it is to be drawn.

        Raises:
            ConfigError: it has another size than the one before.
        """
        if self._tracked is not None and self._tracked.frame.rgb.shape != frame.shape:
            height, width = self._tracked.frame.rgb.shape[:2]
            raise ConfigError(
                f"this frame has {frame.shape[1]} x {frame.shape[0]} pixels, the one before "
                f"{width} x {height}: bring all frames to one size"
            )
        self._tracked = self._tracker(Frame(frame, Fraction(0), Fraction(1)))
        return self._tracked.drawn

    def after(self, result: np.ndarray) -> np.ndarray:
        """Return what was drawn [H, W, 3] uint8 of the last frame, blended with the one before."""
        assert self._tracked is not None, "before() comes first"
        return self._blend(result, self._tracked)
