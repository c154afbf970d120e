"""Recipes: every number that an optimisation needs, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from stylemix.errors import ConfigError
from stylemix.optimization.descent import OPTIMIZERS, Descent
from stylemix.optimization.objective import MakeLoss, gram_objective


@dataclass(frozen=True)
class Recipe:
    """How a picture is optimised.

    Attributes:
        style_weight: of the style loss against the content loss.
        layers: of the canvas, see :class:`stylemix.optimization.canvas.Canvas`.
        sizes: from coarse to fine: (long side as a share of the picture's, share of the steps);
            the last share of the size is 1.
        descent: optimiser and priors.
        loss: makes what is minimised.
    """

    style_weight: float = 3.0
    layers: int = 4
    sizes: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    descent: Descent = field(default_factory=Descent)
    loss: MakeLoss = gram_objective

    def __post_init__(self) -> None:
        check_positive("style_weight", self.style_weight)
        check_positive("rate", self.descent.rate)
        if self.descent.optimizer not in OPTIMIZERS:
            raise ConfigError(
                f"no optimizer is named {self.descent.optimizer!r} (there are: "
                f"{', '.join(OPTIMIZERS)})"
            )


def check_positive(name: str, value: Any) -> None:
    """Refuse what is not a finite number above 0.

    Raises:
        ConfigError: it isn't, with ``name`` in its message.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not (math.isfinite(value) and value > 0)
    ):
        raise ConfigError(f"{name} must be a number above 0, got {value!r}")


def check_steps(steps: Any, name: str = "refine") -> int:
    """Give a number of steps >= 0.

    Raises:
        ConfigError: it is no whole number, or below 0.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ConfigError(f"{name} must be a whole number of steps >= 0, got {steps!r}")
    return steps
