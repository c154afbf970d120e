"""Frames that agree with the ones before: less noise going in, less flicker coming out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from stylemix.video.cuts import histogram, is_cut
from stylemix.video.extras import opencv
from stylemix.video.frame import Frame
from stylemix.video.motion import Flow, Motion

NOISE = 12.0
"""Grey levels of difference from the warped former frame at which the share of the former in the
denoised frame has fallen to 1/e."""
CHANGE = 25.0
"""The same for the former result, whose share guards against trails of what has moved on."""

_WINDOW = 5  # side in pixels of the square over which differences are averaged
_FEATHER = 1.0  # standard deviation in pixels by which the edge of what isn't seen is softened


@dataclass(frozen=True)
class Tracked:
    """A frame, and what the frames before say of it.

    Attributes:
        frame: as it was decoded.
        calm: [H, W, 3] uint8, the frame with its noise averaged over time.
        motion: from the frame before; None at the beginning and behind a cut.
        share: [H, W] float32 in [0, 1], how far the former result can be trusted at each pixel;
            None with ``motion``.
    """

    frame: Frame
    calm: np.ndarray
    motion: Motion | None = None
    share: np.ndarray | None = None


def track(frames: Iterable[Frame], steady: float) -> Iterator[Tracked]:
    """Measure motion, find cuts, and average the noise of frames along the motion.

    The frame is blended with the denoised former frame, warped by the flow, which takes the share
    ``steady * exp(-(d / NOISE)^2)`` where the former shows the same place, d being the local mean
    absolute difference of the two.

    Args:
        frames: of one size.
        steady: from above 0 to below 1.
    """
    flow = Flow()
    former: np.ndarray | None = None
    calm = np.empty(0, np.float32)
    colors = np.empty(0)
    for frame in frames:
        now = histogram(frame.rgb)
        current = frame.rgb.astype(np.float32)
        if former is None or is_cut(colors, now):
            calm = current
            yield Tracked(frame, frame.rgb)
        else:
            motion = flow(former, frame.rgb)
            warped = motion.warp(calm)
            difference = _local_difference(warped, current)
            seen = motion.seen.astype(np.float32)
            weight = steady * seen * np.exp(-np.square(difference / NOISE))
            calm = np.clip(current + weight[..., None] * (warped - current), 0, 255)
            trusted = _soften(seen * np.exp(-np.square(difference / CHANGE)))
            yield Tracked(frame, calm.round().astype(np.uint8), motion, trusted)
        former, colors = frame.rgb, now


class Blender:
    """Blend each result with the former one, warped by the motion of the frames.

    ``out_t = r_t + steady * share * (warp(out_(t-1)) - r_t)``: a recursive mean along the motion.
    What flickers at random falls to ``(1 - s) / sqrt(1 + s)`` of its difference from frame to
    frame, a quarter at s = 0.7.

    Args:
        steady: from 0 to below 1.
    """

    def __init__(self, steady: float) -> None:
        self._steady = steady
        self._former: np.ndarray | None = None

    def __call__(self, result: np.ndarray, tracked: Tracked) -> np.ndarray:
        """Blend one result [H, W, 3] uint8; frames come in their order."""
        out = result.astype(np.float32)
        if tracked.motion is not None and tracked.share is not None and self._former is not None:
            warped = tracked.motion.warp(self._former)
            out += (self._steady * tracked.share)[..., None] * (warped - out)
            np.clip(out, 0, 255, out=out)
        self._former = out
        return out.round().astype(np.uint8)


def _local_difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    difference = np.abs(first - second).mean(-1)
    return opencv().blur(difference, (_WINDOW, _WINDOW), borderType=opencv().BORDER_REPLICATE)


def _soften(weight: np.ndarray) -> np.ndarray:
    """Blur weights, but never above what they were."""
    return np.minimum(opencv().GaussianBlur(weight, (0, 0), _FEATHER), weight)
