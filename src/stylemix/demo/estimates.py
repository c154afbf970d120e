"""How long a picture will take, learned from those before."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from stylemix.demo.limits import FEATURE_COST

STEP = 6.0
"""Passes of a network that a step of optimization through the thin features takes, until one has
been measured."""


@dataclass(frozen=True)
class Work:
    """What a picture takes.

    Attributes:
        model: the model's name and its runtime.
        passes: megapixels times passes of the network.
        steps: megapixels times steps of optimization, each times the cost of its features.
    """

    model: str
    passes: float
    steps: float


def work_of(model: str, pixels: int, passes: float, steps: int, features: str) -> Work:
    """Return the work of a picture.

    Args:
        model: the model's name and its runtime.
        pixels: of the result.
        passes: of the network over the picture; 0 for a method that has none.
        steps: of optimization.
        features: the network that steps look through.
    """
    size = pixels / 1e6
    return Work(model, size * passes, size * steps * FEATURE_COST.get(features, 1))


class Estimates:
    """Seconds per megapixel of each model, and of a step of optimization.

    The first picture of a model also loads and compiles it, so the second one replaces what it
    told; from then on each counts for half.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passes: dict[str, tuple[float, int]] = {}
        self._step: tuple[float, int] | None = None

    def learn(self, work: Work, seconds: float) -> None:
        """Remember how long a picture took."""
        with self._lock:
            if not work.steps and work.passes:
                self._passes[work.model] = _mean(
                    self._passes.get(work.model), seconds / work.passes
                )
            elif work.steps:
                rest = seconds - work.passes * self._pass(work.model)
                self._step = _mean(self._step, max(0.0, rest) / work.steps)

    def seconds(self, work: Work) -> float | None:
        """Return how long a picture will take, or None where that isn't known yet."""
        with self._lock:
            rate = self._pass(work.model)
            if (work.passes and work.model not in self._passes) or (
                work.steps and not self._step and not rate
            ):
                return None
            step = self._step[0] if self._step else STEP * rate
            return work.passes * rate + work.steps * step

    def _pass(self, model: str) -> float:
        """Return the seconds of a pass, those of any model where it has none of its own."""
        known = self._passes.get(model) or next(iter(self._passes.values()), (0.0, 0))
        return known[0]


def in_words(seconds: float) -> str:
    """Return a duration as people say it.

    >>> in_words(0.3), in_words(4.2), in_words(200)
    ('less than a second', 'about 4 s', 'about 3 min')
    """
    if seconds < 0.95:
        return "less than a second"
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"


def _mean(before: tuple[float, int] | None, now: float) -> tuple[float, int]:
    if before is None or before[1] < 2:
        return now, (before[1] if before else 0) + 1
    return (before[0] + now) / 2, 2
