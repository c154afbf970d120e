"""Which styles hold at which time of a video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from stylemix.errors import ConfigError
from stylemix.injections.style import Style
from stylemix.stylizers import Stylizer
from stylemix.stylizers.options import Numbers
from stylemix.video.parsing import seconds


@dataclass(frozen=True)
class Schedule:
    """Encoded styles over time.

    Attributes:
        styles: one or several. With ``times``, the first holds until its time, and between two
            times one style turns into the next.
        times: seconds per style, rising; None where all styles hold all the time.
        weights: one number per style, or None; only without ``times``.
    """

    styles: tuple[Style, ...]
    times: tuple[Fraction, ...] | None = None
    weights: Numbers | None = None

    def at(self, time: Fraction) -> tuple[list[Style], Numbers | None]:
        """Return the styles that hold at a time, and their weights."""
        if self.times is None:
            return list(self.styles), self.weights
        if time <= self.times[0]:
            return [self.styles[0]], None
        for number, (begin, end) in enumerate(pairwise(self.times)):
            if time < end:
                share = float((time - begin) / (end - begin))
                pair = list(self.styles[number : number + 2])
                return (pair, [1 - share, share]) if share > 0 else (pair[:1], None)
        return [self.styles[-1]], None


def make_schedule(style: Any, stylizer: Stylizer, weights: Numbers | None) -> Schedule:
    """Encode the styles of a video.

    Args:
        style: a painting or :class:`Style`, several in a list, a mapping from times to them, or
            None for a model that draws in a style of its own.
        stylizer: encodes them.
        weights: one number per style.

    Raises:
        ConfigError: there is no style but one is needed, or weights are given together with times.
        PictureError: a painting can't be read.
    """
    times: tuple[Fraction, ...] | None = None
    if isinstance(style, Mapping):
        if weights is not None:
            raise ConfigError("weights mix styles of one time; leave them out where styles change")
        dated = sorted(
            ((seconds(time, "a style's time"), one) for time, one in style.items()),
            key=lambda pair: pair[0],
        )
        times = tuple(time for time, _ in dated)
        if len(set(times)) < len(times):
            raise ConfigError("two styles have one and the same time; give each its own")
        given = [one for _, one in dated]
    else:
        given = [] if style is None else list(style) if isinstance(style, list | tuple) else [style]
    if not given:
        if stylizer.needs_style:
            raise ConfigError("the list of styles is empty; give at least one painting")
        given, times = [stylizer.own_style()], None
    styles = tuple(one if isinstance(one, Style) else stylizer.encode(one) for one in given)
    return Schedule(styles, times, weights)
