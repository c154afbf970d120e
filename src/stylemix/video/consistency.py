"""Frames that agree with the ones before: less noise going in, less flicker coming out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from stylemix.types import real_number
from stylemix.video.cuts import histogram, is_cut
from stylemix.video.extras import opencv
from stylemix.video.frame import Frame
from stylemix.video.motion import Flow, Motion

STEADY = 0.7
"""The default of ``steady``: how much frames follow the ones before."""
MOST_STEADY = 0.95
"""Above it a trail would stay for seconds."""

NOISE = 12.0
"""Grey levels of difference from the warped former frame at which the share of the former in the
denoised frame has fallen to 1/e."""
CHANGE = 25.0
"""The same for the former result, whose share guards against trails of what has moved on."""

_WINDOW = 5  # side in pixels of the square over which differences are averaged
_FEATHER = 1.0  # standard deviation in pixels by which the edge of what isn't seen is softened


def check_steady(steady: float) -> float:
    """Return ``steady`` as a float.

    Raises:
        ConfigError: it is no number from 0 to :data:`MOST_STEADY`.
    """
    allowed = f"a number from 0 (every frame by itself) to {MOST_STEADY}"
    return real_number("steady", steady, allowed, 0, MOST_STEADY)


@dataclass(frozen=True)
class Tracked:
    """A frame, and what the frames before say of it.

    Attributes:
        frame: as it was decoded.
        calm: [H, W, 3] grey levels, the frame with its noise averaged over time.
        motion: from the frame before; None at the beginning and behind a cut.
        share: [H, W] float32 in [0, 1], how far the former result can be trusted at each pixel;
            None with ``motion``.
        cut: whether a new scene begins with it; true for the first.
    """

    frame: Frame
    calm: np.ndarray
    motion: Motion | None = None
    share: np.ndarray | None = None
    cut: bool = False

    @property
    def drawn(self) -> np.ndarray:
        """What the network is to draw, [H, W, 3] uint8."""
        return self.calm.round().astype(np.uint8)


@dataclass(frozen=True)
class Former:
    """What a frame needs of the one before; with it, a video can be gone on with.

    Attributes:
        rgb: [H, W, 3] uint8, the former frame.
        calm: [H, W, 3] float32, with its noise averaged.
        result: [H, W, 3] float32, what became of it.
    """

    rgb: np.ndarray
    calm: np.ndarray
    result: np.ndarray


class Tracker:
    """Measure motion, find cuts, and average the noise of frames along the motion.

    The frame is blended with the denoised former frame, warped by the flow, which takes the share
    ``steady * exp(-(d / NOISE)^2)`` where the former shows the same place, d being the local mean
    absolute difference of the two.

    Args:
        steady: from above 0 to below 1.
        former: the frame before the first one, if there is one.
    """

    def __init__(self, steady: float, former: Former | None = None) -> None:
        self._steady = steady
        self._flow = Flow()
        self._former = None if former is None else former.rgb
        self._calm = np.empty(0, np.float32) if former is None else former.calm
        self._colors = np.empty(0) if former is None else histogram(former.rgb)

    def __call__(self, frame: Frame) -> Tracked:
        """Track a frame; frames come in their order and are of one size."""
        former, colors = self._former, histogram(frame.rgb)
        current = frame.rgb.astype(np.float32)
        if former is None or is_cut(self._colors, colors):
            found = Tracked(frame, current, cut=True)
        else:
            motion = self._flow(former, frame.rgb)
            # What little a cubic kernel blurs is not seen in what is drawn of it.
            warped = motion.warp(self._calm, sharp=False)
            difference = _local_difference(warped, current)
            seen = motion.seen.astype(np.float32)
            weight = self._steady * seen * np.exp(-np.square(difference / NOISE))
            calm = _blended(current, warped, weight)
            trusted = _soften(seen * np.exp(-np.square(difference / CHANGE)))
            found = Tracked(frame, calm, motion, trusted)
        self._former, self._calm, self._colors = frame.rgb, found.calm, colors
        return found


def track(
    frames: Iterable[Frame], steady: float, former: Former | None = None
) -> Iterator[Tracked]:
    """Yield frames with what the ones before say of them; see :class:`Tracker`."""
    tracker = Tracker(steady, former)
    for frame in frames:
        yield tracker(frame)


def untracked(frames: Iterable[Frame], former: Former | None = None) -> Iterator[Tracked]:
    """Yield frames as they are, each to be drawn by itself; only cuts are looked for.

    Args:
        frames: of one size.
        former: the frame before the first one, if there is one.
    """
    before = None if former is None else histogram(former.rgb)
    for frame in frames:
        now = histogram(frame.rgb)
        yield Tracked(frame, frame.rgb, cut=before is None or is_cut(before, now))
        before = now


class Blender:
    """Blend each result with the former one, warped by the motion of the frames.

    ``out_t = r_t + steady * share * (warp(out_(t-1)) - r_t)``: a recursive mean along the motion.
    What flickers at random falls to ``(1 - s) / sqrt(1 + s)`` of its difference from frame to
    frame, a quarter at s = 0.7.

    Args:
        steady: from 0 to below 1.
        former: the result before the first one, [H, W, 3] float32, if there is one.

    Attributes:
        former: the last result, unrounded.
    """

    def __init__(self, steady: float, former: np.ndarray | None = None) -> None:
        self._steady = steady
        self.former = former

    def __call__(self, result: np.ndarray, tracked: Tracked) -> np.ndarray:
        """Blend one result [H, W, 3] uint8; frames come in their order."""
        out = result.astype(np.float32)
        if tracked.motion is not None and tracked.share is not None and self.former is not None:
            warped = tracked.motion.warp(self.former)
            out = _blended(out, warped, self._steady * tracked.share)
        self.former = out
        return out.round().astype(np.uint8)


def _local_difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    cv2 = opencv()
    # NumPy's mean over an axis of three numbers takes five times as long.
    difference = cv2.transform(cv2.absdiff(first, second), np.full((1, 3), 1 / 3, np.float32))
    return cv2.blur(difference, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REPLICATE)


def _blended(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return ``first + share * (second - first)`` of pictures [H, W, 3], within [0, 255]."""
    # A share per channel: NumPy spreads [H, W, 1] over three channels in three times the time.
    out = opencv().merge([share] * 3)
    out *= second - first
    out += first
    return np.clip(out, 0, 255, out=out)


def _soften(weight: np.ndarray) -> np.ndarray:
    """Blur weights, but never above what they were."""
    return np.minimum(opencv().GaussianBlur(weight, (0, 0), _FEATHER), weight)
