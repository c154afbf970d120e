"""The loop over frames: track, draw, blend; each in a thread of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from stylemix.video.consistency import Blender, Former, track, untracked
from stylemix.video.drawing import draw
from stylemix.video.frame import Frame
from stylemix.video.pipeline import ahead
from stylemix.video.planning import Plan


@dataclass(frozen=True)
class Drawn:
    """A finished frame.

    Attributes:
        frame: the result.
        cut: whether a new scene began with it; true for the first.
        former: what the next frame needs of it.
    """

    frame: Frame
    cut: bool
    former: Former


def stylized(
    frames: Iterable[Frame], plan: Plan, former: Former | None = None
) -> Generator[Drawn, None, None]:
    """Stylize frames one by one, in memory that doesn't grow with their number.

    Decoding and motion, the network, and the caller's own work (such as encoding) go on at once.

    Args:
        frames: of one size.
        plan: how.
        former: of the frame before the first one, where a video is gone on with.
    """
    frames = (frame.filled() for frame in frames)
    if plan.size is not None:
        frames = (frame.resized(plan.size) for frame in frames)
    # Strength 0 is the video itself, to the bit.
    steady = plan.steady if plan.options.strength else 0.0
    tracked = track(frames, steady, former) if steady else untracked(frames, former)
    blend = Blender(steady, None if former is None else former.result)
    # Closed by hand: an exception's traceback would keep the threads at work.
    with (
        closing(ahead(tracked)) as waiting,
        closing(ahead(draw(waiting, plan))) as results,
    ):
        for one, result, covered in results:
            out = blend(result, one)
            if covered is not None:
                # Where no style holds stands the video itself, not what was averaged.
                out = np.where(covered[..., None], out, one.frame.rgb)
            assert blend.former is not None
            kept = Former(one.frame.rgb, one.calm, blend.former)
            yield Drawn(replace(one.frame, rgb=out), one.cut, kept)
