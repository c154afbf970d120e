"""How a video is to be stylized, checked and encoded once before its first frame."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

import torch

from stylemix.checkpoint.loading import ready
from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.plugins.registries import suggest
from stylemix.stylizers import Options, Stylizer
from stylemix.video.consistency import STEADY, check_steady
from stylemix.video.masks import Mask
from stylemix.video.schedule import Schedule, make_schedule

Styles = Picture | Style | Sequence[Picture | Style] | Mapping[Any, Picture | Style]
"""A painting, several at once, or several over time."""


@dataclass(frozen=True)
class Plan:
    """How the frames of one video are stylized.

    Attributes:
        stylizer: draws them.
        schedule: the styles.
        masks: one per style, or none at all.
        options: what is the same for every frame; without weights, masks and size.
        size: pixels of the long side, or None.
        steady: from 0 to 0.95, see :func:`stylemix.stylize_video`.
    """

    stylizer: Stylizer
    schedule: Schedule
    masks: Sequence[Mask] = ()
    options: Options = field(default_factory=Options)
    size: int | None = None
    steady: float = STEADY

    def settings(self) -> dict[str, Any]:
        """Return what the frames depend on, but for the masks."""
        return {
            "model": self.stylizer.fingerprint or json.dumps(self.stylizer.config, sort_keys=True),
            "runtime": self.stylizer.runtime,
            "schedule": self.schedule,
            "options": self.options,
            "size": self.size,
            "steady": self.steady,
        }

    def __post_init__(self) -> None:
        check_steady(self.steady)


def options_of(given: Mapping[str, Any]) -> Options:
    """Return the keywords that :func:`stylemix.stylize` has too as options.

    Raises:
        TypeError: there is no such keyword.
        ConfigError: a value is out of range.
    """
    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            raise TypeError(f"there is no option {name!r}{suggest(name, known)}")
    return Options(**given)


def make_plan(
    style: Styles | None,
    options: Options,
    *,
    model: str | os.PathLike[str] | Stylizer,
    device: str | torch.device | None,
    runtime: str | None = None,
    steady: float,
    start: Fraction = Fraction(0),
) -> Plan:
    """Load the model, encode the styles once, and check what can be checked before any frame.

    Args:
        style: as for :func:`stylemix.stylize_video`.
        options: their masks may also be paths of videos.
        model: as for :func:`stylemix.stylize`.
        device: likewise.
        runtime: likewise.
        steady: see :class:`Plan`.
        start: seconds of masks that are videos at which the result begins.

    Raises:
        ConfigError: an argument is out of range.
        PictureError: a painting or mask can't be read.
    """
    stylizer = ready(model, device, runtime)
    schedule = make_schedule(style, stylizer, options.weights)
    if options.masks is not None and schedule.times is not None:
        raise ConfigError("masks belong to styles of one time; leave them out where styles change")
    options.check_count(len(schedule.styles))
    palette = options.palette
    if palette is not None and not isinstance(palette, Style):
        palette = stylizer.encode(palette)
    masks = [Mask(mask, start) for mask in options.masks or ()]
    same = replace(options, palette=palette, weights=None, masks=None, size=None)
    return Plan(stylizer, schedule, masks, same, options.size, steady)
