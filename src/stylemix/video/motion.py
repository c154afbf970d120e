"""Motion between two frames: dense optical flow, and where it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stylemix.video.extras import opencv

SMALLEST = 32
"""Side in pixels below which frames are enlarged for the flow; OpenCV's reads beyond smaller
ones."""


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

    def warp(self, former: np.ndarray) -> np.ndarray:
        """Move a picture of the former frame's time to this frame's.

        Args:
            former: [H, W, C] or [H, W] float32.

        Returns:
            The picture of the same shape, resampled with a Lanczos kernel of 8 x 8 pixels: a
            bilinear one would blur a little more with every frame.
        """
        cv2 = opencv()
        rows, columns = _grid(*self.back.shape[:2])
        return cv2.remap(
            former,
            columns + self.back[..., 0],
            rows + self.back[..., 1],
            cv2.INTER_LANCZOS4,
            borderMode=cv2.BORDER_REPLICATE,
        )


class Flow:
    """Dense inverse search (Kroeger et al., 2016), OpenCV's, with its "medium" preset."""

    def __init__(self) -> None:
        cv2 = opencv()
        self._dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def __call__(self, before: np.ndarray, now: np.ndarray) -> Motion:
        """Measure the motion between two frames [H, W, 3] uint8.

        A place counts as seen where ``|f(x + b) + b|^2 <= 0.01 (|f(x + b)|^2 + |b|^2) + 0.5``
        of the forward flow f and the backward flow b (Sundaram, Brox and Keutzer, 2010,
        equation 5).
        """
        cv2 = opencv()
        height, width = now.shape[:2]
        first, second = (_grey(frame) for frame in (before, now))
        back = self._measure(second, first)
        forward = self._measure(first, second)
        rows, columns = _grid(height, width)
        x, y = columns + back[..., 0], rows + back[..., 1]
        there = cv2.remap(forward, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        error = np.square(there + back).sum(-1)
        size = np.square(there).sum(-1) + np.square(back).sum(-1)
        inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        return Motion(back, (error <= 0.01 * size + 0.5) & inside)

    def _measure(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        cv2 = opencv()
        height, width = source.shape
        if min(height, width) >= SMALLEST:
            return self._dis.calc(source, target, None)
        scale = SMALLEST / min(height, width)
        size = (max(SMALLEST, round(width * scale)), max(SMALLEST, round(height * scale)))
        large = [cv2.resize(picture, size) for picture in (source, target)]
        found = cv2.resize(self._dis.calc(*large, None), (width, height))
        return found * np.array([width / size[0], height / size[1]], np.float32)


def _grey(frame: np.ndarray) -> np.ndarray:
    cv2 = opencv()
    return cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)


def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(height, dtype=np.float32)[:, None].repeat(width, 1)
    columns = np.arange(width, dtype=np.float32)[None].repeat(height, 0)
    return rows, columns
