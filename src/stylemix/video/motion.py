"""Motion between two frames: dense optical flow, and where it can be trusted."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylemix.video.extras import opencv

SMALLEST = 32
"""Side in pixels below which frames are enlarged for the flow; OpenCV's reads beyond smaller
ones."""

LARGE = 512
"""Long side in pixels from which the forward flow, which only checks the backward one, is measured
at a quarter of the frame's size instead of a half: a tenth of a video's time."""

_SLACK = {False: 0.5, True: 1.0}
"""Squared pixels by which flows of small and of large frames may disagree."""


@dataclass(frozen=True)
class Motion:
    """How a frame follows from the one before.

    Attributes:
        back: [H, W, 2] float32, for each pixel of the frame how far (x, y) in pixels its place in
            the former frame lies.
        seen: [H, W] bool, whether the former frame shows what is there: it lies within that frame,
            and forward and backward flow agree.
    """

    back: np.ndarray
    seen: np.ndarray

    def warp(self, former: np.ndarray, *, sharp: bool = True) -> np.ndarray:
        """Move a picture of the former frame's time to this frame's.

        Args:
            former: [H, W, C] or [H, W] float32.
            sharp: resample with a Lanczos kernel of 8 x 8 pixels, as a smaller one would blur a
                little more with every frame; otherwise with a cubic one, in a sixth of the time.
        """
        cv2 = opencv()
        rows, columns = _grid(*self.back.shape[:2])
        x, y = cv2.split(self.back)
        kernel = cv2.INTER_LANCZOS4 if sharp else cv2.INTER_CUBIC
        return cv2.remap(former, columns + x, rows + y, kernel, borderMode=cv2.BORDER_REPLICATE)


class Flow:
    """Dense inverse search (Kroeger et al., 2016), OpenCV's, with its "medium" preset.

    Args:
        quick: whether the forward flow of large frames may be coarser; what measures a method may
            not become easier with it.
    """

    def __init__(self, *, quick: bool = True) -> None:
        cv2 = opencv()
        self._quick = quick
        self._fine = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._coarse = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._coarse.setFinestScale(2)

    def __call__(self, before: np.ndarray, now: np.ndarray) -> Motion:
        """Measure the motion between two frames [H, W, 3] uint8.

        A place counts as seen where ``|f(x + b) + b|^2 <= 0.01 (|f(x + b)|^2 + |b|^2) + 0.5``
        of the forward flow f and the backward flow b (Sundaram, Brox and Keutzer, 2010,
        equation 5). In frames from :data:`LARGE` on, where f is coarser, 1 stands for 0.5.
        """
        cv2 = opencv()
        height, width = now.shape[:2]
        first, second = (_grey(frame) for frame in (before, now))
        large = self._quick and max(height, width) >= LARGE
        back = _measure(self._fine, second, first)
        forward = _measure(self._coarse if large else self._fine, first, second)
        rows, columns = _grid(height, width)
        across, down = cv2.split(back)
        x, y = columns + across, rows + down
        # The two directions apart: sums over an axis of two numbers take ten times as long.
        there = cv2.split(
            cv2.remap(forward, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )
        error = np.square(there[0] + across) + np.square(there[1] + down)
        size = sum(map(np.square, (*there, across, down)))
        inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        return Motion(back, (error <= 0.01 * size + _SLACK[large]) & inside)


def _measure(dis: Any, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    cv2 = opencv()
    height, width = source.shape
    if min(height, width) >= SMALLEST:
        return dis.calc(source, target, None)  # type: ignore[no-any-return]
    scale = SMALLEST / min(height, width)
    size = (max(SMALLEST, round(width * scale)), max(SMALLEST, round(height * scale)))
    large = [cv2.resize(picture, size) for picture in (source, target)]
    found = cv2.resize(dis.calc(*large, None), (width, height))
    scales = np.array([width / size[0], height / size[1]], np.float32)
    return found * scales  # type: ignore[no-any-return]


def _grey(frame: np.ndarray) -> np.ndarray:
    cv2 = opencv()
    return cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)


@functools.lru_cache(maxsize=2)
def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's row and column, [H, W] float32; nobody may change them."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return rows, columns
