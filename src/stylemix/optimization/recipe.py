"""Recipes: every number that an optimization needs, checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from stylemix.optimization.descent import TINY, Descent
from stylemix.optimization.picture_loss import MakeLoss, gram_objective
from stylemix.types import real_number


@dataclass(frozen=True)
class Recipe:
    """How a picture is optimized.

    Attributes:
        style_weight: of the style loss against the content loss.
        layers: of the canvas, see :class:`stylemix.optimization.canvas.Canvas`.
        sizes: from coarse to fine: (long side as a share of the picture's, share of the steps);
            the last share of the size is 1.
        descent: optimizer and priors.
        loss: makes what is minimized.
    """

    style_weight: float = 3.0
    layers: int = 4
    sizes: tuple[tuple[float, float], ...] = ((1.0, 1.0),)
    descent: Descent = field(default_factory=Descent)
    loss: MakeLoss = gram_objective

    def __post_init__(self) -> None:
        weight = real_number("style_weight", self.style_weight, "a number above 0", TINY)
        object.__setattr__(self, "style_weight", weight)
