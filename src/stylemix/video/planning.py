"""How a video is to be stylized, checked and encoded once before its first frame."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import torch

from stylemix.checkpoint.loading import load
from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.ops.placement import place, usable_device
from stylemix.stylizers import Stylizer
from stylemix.video.masks import Mask
from stylemix.video.schedule import Schedule, make_schedule

Styles = (
    Picture | Style | Sequence[Picture | Style] | Mapping[Any, Picture | Style]
)
"""A painting, several at once, or several over time."""

STEADY = 0.7
"""The default of ``steady``."""
MOST_STEADY = 0.95
"""Above it a trail would stay for seconds."""


@dataclass(frozen=True)
class Plan:
    """How the frames of one video are stylized.

    Attributes:
        stylizer: draws them.
        schedule: the styles.
        masks: one per style, or none at all.
        options: further keywords of ``stylizer.stylize``, the same for every frame.
        size: pixels of the long side, or None.
        steady: from 0 to :data:`MOST_STEADY`, see :func:`stylemix.stylize_video`.
    """

    stylizer: Stylizer
    schedule: Schedule
    masks: Sequence[Mask] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    steady: float = STEADY

    def __post_init__(self) -> None:
        number = isinstance(self.steady, int | float) and not isinstance(self.steady, bool)
        if not number or not 0 <= self.steady <= MOST_STEADY:
            raise ConfigError(
                f"steady must be a number from 0 (every frame by itself) to {MOST_STEADY}, "
                f"got {self.steady!r}"
            )


def make_plan(
    style: Styles | None,
    *,
    model: str | os.PathLike[str] | Stylizer,
    device: str | torch.device | None,
    masks: Sequence[Picture] | None,
    start: Fraction,
    size: int | None,
    steady: float,
    weights: Sequence[float] | None,
    options: Mapping[str, object],
) -> Plan:
    """Load the model, encode the styles once, and check what can be checked before any frame.

    Raises:
        ConfigError: an argument is out of range.
        PictureError: a painting or mask can't be read.
    """
    if isinstance(model, Stylizer):
        stylizer = model if device is None else place(model, usable_device(device))
    else:
        stylizer = load(model, device=device)
    schedule = make_schedule(style, stylizer, weights)
    count = len(schedule.styles)
    if masks is not None and schedule.times is not None:
        raise ConfigError("masks belong to styles of one time; leave them out where styles change")
    if masks is not None and len(masks) != count:
        raise ConfigError(f"{count} style(s) need {count} mask(s), got {len(masks)}")
    palette = options["palette"]
    if palette is not None and not isinstance(palette, Style):
        options = {**options, "palette": stylizer.encode(palette)}  # type: ignore[arg-type]
    return Plan(
        stylizer,
        schedule,
        [Mask(mask, start) for mask in masks or ()],
        options,
        size,
        steady,
    )
