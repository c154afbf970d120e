"""Warping error: how far a video's results differ from the ones before, moved with the scene."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from stylemix.injections.style import Style
from stylemix.stylizers import Stylizer
from stylemix.video import stylize_frames
from stylemix.video.motion import Flow


def warping_error(frames: Iterable[np.ndarray], results: Iterable[np.ndarray]) -> float:
    """Return the mean absolute difference between results and the former results, warped.

    The measure of Lai et al., "Learning Blind Video Temporal Consistency", 2018, section 4.2, with
    absolute instead of squared differences: each former result is warped by the optical flow of
    the *frames*, and places that the former frame doesn't show are left out.

    Args:
        frames: [H, W, 3] uint8, the video before; one scene.
        results: [H, W, 3] uint8, as many.

    Returns:
        Grey levels, 0 to 255; 0 for fewer than two frames.
    """
    flow = Flow(quick=False)
    errors: list[float] = []
    former: tuple[np.ndarray, np.ndarray] | None = None
    for frame, result in zip(frames, results, strict=True):
        if former is not None:
            motion = flow(former[0], frame)
            difference = np.abs(motion.warp(former[1].astype(np.float32)) - result)
            if motion.seen.any():
                errors.append(float(difference[motion.seen].mean()))
        former = frame, result
    return float(np.mean(errors)) if errors else 0.0


@dataclass(frozen=True)
class Steadiness:
    """Warping errors of one video, in grey levels.

    Attributes:
        frames: of the video itself.
        plain: of its frames stylized one by one.
        steady: of its frames stylized with ``steady``.
    """

    frames: float
    plain: float
    steady: float

    @property
    def ratio(self) -> float:
        """The steady error by the plain one."""
        return self.steady / self.plain if self.plain else 0.0


def measure_steadiness(
    frames: Sequence[np.ndarray], stylizer: Stylizer, style: Style, steady: float = 0.7
) -> Steadiness:
    """Stylize a video of one scene with and without ``steady`` and measure warping errors.

    Args:
        frames: [H, W, 3] uint8, at least two.
        stylizer: the model.
        style: encoded by it.
        steady: see :func:`stylemix.stylize_video`.
    """

    def error(amount: float) -> float:
        drawn = stylize_frames(frames, style, model=stylizer, steady=amount)
        return warping_error(frames, (np.asarray(picture) for picture in drawn))

    return Steadiness(warping_error(frames, frames), error(0.0), error(steady))
