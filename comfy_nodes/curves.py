"""Numbers that change over the frames of a batch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from comfy_api.latest import io

from .errors import NodeError
from .interface import known

EASINGS = ("linear", "smooth")
"""``"smooth"`` starts and stops gently at every number, as 3 t^2 - 2 t^3."""


@dataclass(frozen=True)
class Curve:
    """A number per frame: it goes through the points, which stand evenly over the batch.

    Attributes:
        points: at least one.
        easing: one of :data:`EASINGS`.
    """

    points: tuple[float, ...]
    easing: str = "linear"

    def at(self, number: int, count: int) -> float:
        """Return the value of frame ``number`` of ``count``, counted from 0."""
        if count < 2 or len(self.points) < 2:
            return self.points[0]
        place = number * (len(self.points) - 1) / (count - 1)
        left = min(int(place), len(self.points) - 2)
        part = place - left
        if self.easing == "smooth":
            part = part * part * (3 - 2 * part)
        return self.points[left] + part * (self.points[left + 1] - self.points[left])

    def complement(self) -> Curve:
        """Return one minus this curve."""
        return Curve(tuple(1 - point for point in self.points), self.easing)


def curve_inputs(name: str, tooltip: str) -> list[Any]:
    """Return the inputs that describe a curve: its numbers, and how it goes between them."""
    return [
        io.String.Input(
            name,
            default="",
            optional=True,
            tooltip=tooltip,
            **known(io.String.Input, advanced=True),
        ),
        io.Combo.Input(
            "easing",
            options=list(EASINGS),
            default=EASINGS[0],
            optional=True,
            tooltip=f"How {name} goes from one number to the next: evenly, or with a gentle start "
            "and stop.",
            **known(io.Combo.Input, advanced=True),
        ),
    ]


def read_curve(text: str, easing: str, source: str, least: float, most: float) -> Curve | None:
    """Read the numbers of a curve; None for an empty text.

    Args:
        text: numbers with commas or spaces between.
        easing: one of :data:`EASINGS`.
        source: the input's name, for messages.
        least: the smallest number allowed.
        most: the largest one.

    Raises:
        NodeError: something in it is no number, or out of range.
    """
    words = [word for word in re.split(r"[,;\s]+", text.strip()) if word]
    if not words:
        return None
    try:
        points = tuple(float(word) for word in words)
    except ValueError:
        points = ()
    # NaN compares as false with everything.
    if not points or not all(least <= point <= most for point in points):
        raise NodeError(
            f"{source}: expected numbers from {least:g} to {most:g} with commas between, such as "
            f"0, 1, got {text!r}"
        )
    if easing not in EASINGS:
        raise NodeError(f"easing: expected {' or '.join(EASINGS)}, got {easing!r}")
    return Curve(points, easing)
