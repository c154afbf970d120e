"""Frames through the network: one by one, or on a GPU several in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import torch
from PIL import Image

from stylemix.stylizers import FeedForward, Options, draw_batch
from stylemix.video.consistency import Tracked
from stylemix.video.planning import Plan

AT_ONCE = 4
"""Frames in one pass at most, where that is quicker."""
_PIXELS = 2**21  # of all frames of one pass: larger frames fill a GPU by themselves

Drawn = tuple[Tracked, np.ndarray, np.ndarray | None]
"""A frame, its picture [H, W, 3] uint8, and where any style holds (None for everywhere)."""


def draw(tracked: Iterable[Tracked], plan: Plan, at_once: int | None = None) -> Iterator[Drawn]:
    """Yield each frame with its picture.

    Args:
        tracked: frames of one size.
        plan: how.
        at_once: frames in one pass; None for what suits the device.
    """
    frames = iter(tracked)
    for first in frames:
        if at_once is None:
            height, width = first.frame.rgb.shape[:2]
            at_once = suitable(plan, height * width, plan.stylizer.device)
        group = [first, *islice(frames, at_once - 1)]
        if len(group) == 1:
            yield _alone(first, plan)
        else:
            yield from _together(group, plan)


def suitable(plan: Plan, pixels: int, device: torch.device) -> int:
    """Return how many frames of so many pixels go through the network at once on a device.

    On a CPU one frame keeps all cores busy. What :func:`stylemix.stylizers.draw_batch` can't do is
    done frame by frame too.
    """
    options = plan.options
    plain = Options(strength=options.strength, refine_features=options.refine_features)
    simple = all(getattr(plain, name) == value for name, value in vars(options).items())
    same = plan.schedule.times is None and plan.schedule.weights is None and not plan.masks
    if not (isinstance(plan.stylizer, FeedForward) and simple and same and options.strength):
        return 1
    return max(1, min(AT_ONCE, _PIXELS // pixels)) if device.type == "cuda" else 1


def _together(group: Sequence[Tracked], plan: Plan) -> Iterator[Drawn]:
    assert isinstance(plan.stylizer, FeedForward)
    styles, _ = plan.schedule.at(group[0].frame.time)
    content = torch.from_numpy(np.stack([one.drawn for one in group])).permute(0, 3, 1, 2)
    strengths = [plan.options.strength] * len(group)
    drawn = draw_batch(plan.stylizer, content, [styles] * len(group), strengths)
    pictures = drawn.permute(0, 2, 3, 1).cpu().numpy()
    for one, picture in zip(group, pictures, strict=True):
        yield one, picture, None


def _alone(one: Tracked, plan: Plan) -> Drawn:
    time = one.frame.time
    styles, weights = plan.schedule.at(time)
    frame = one.drawn
    masks = [mask.at(time, *frame.shape[:2]) for mask in plan.masks]
    # Moving masks may be black for a while; stylize would warn of it.
    picture = (
        Image.fromarray(frame)
        if masks and not any(mask.any() for mask in masks)
        else plan.stylizer.stylize(
            frame, styles, plan.options, weights=weights, masks=masks or None
        )
    )
    covered = np.stack(masks).max(0) > 0 if masks else None
    return one, np.asarray(picture), covered
