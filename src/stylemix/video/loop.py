"""The loop over frames: track, draw, blend; each in a thread of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from stylemix.video.consistency import Blender, Tracked, track
from stylemix.video.frame import Frame
from stylemix.video.pipeline import ahead
from stylemix.video.planning import Plan
from stylemix.video.statistics import SmoothStatistics


@dataclass(frozen=True)
class Drawn:
    """A finished frame.

    Attributes:
        frame: the result.
        cut: whether a new scene began with it; true for the first.
    """

    frame: Frame
    cut: bool


def stylized(frames: Iterable[Frame], plan: Plan) -> Generator[Drawn, None, None]:
    """Stylize frames one by one, in memory that doesn't grow with their number.

    Decoding and motion, the network, and the caller's own work (such as encoding) go on at once.
    """
    if plan.size is not None:
        frames = (frame.resized(plan.size) for frame in frames)
    # Strength 0 is the video itself, to the bit.
    steady = plan.steady if plan.options.strength else 0.0
    if steady:
        tracked: Iterable[Tracked] = track(frames, steady)
    else:
        tracked = (Tracked(frame, frame.rgb) for frame in frames)
    blend = Blender(steady)
    # Closed by hand: an exception's traceback would keep the threads at work.
    with (
        closing(ahead(tracked)) as waiting,
        closing(ahead(_draw(waiting, plan, steady))) as results,
    ):
        for one, result, covered in results:
            out = blend(result, one)
            if covered is not None:
                # Where no style holds stands the video itself, not what was averaged.
                out = np.where(covered[..., None], out, one.frame.rgb)
            yield Drawn(replace(one.frame, rgb=out), one.motion is None)


def _draw(
    tracked: Iterable[Tracked], plan: Plan, steady: float
) -> Iterator[tuple[Tracked, np.ndarray, np.ndarray | None]]:
    """Yield each frame with its picture, and where any style holds (None for everywhere)."""
    # A compiled pass has no statistics to smooth, and would keep those it was compiled with.
    stylizer = plan.stylizer.using("torch") if steady else plan.stylizer
    statistics = SmoothStatistics(stylizer, steady)
    for one in tracked:
        if one.motion is None:
            statistics.reset()
        time = one.frame.time
        styles, weights = plan.schedule.at(time)
        height, width = one.calm.shape[:2]
        masks = [mask.at(time, height, width) for mask in plan.masks]
        with statistics.frame():
            picture = stylizer.stylize(
                one.calm, styles, plan.options, weights=weights, masks=masks or None
            )
        covered = np.stack(masks).max(0) > 0 if masks else None
        yield one, np.asarray(picture), covered
