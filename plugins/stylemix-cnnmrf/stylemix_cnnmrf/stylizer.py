"""The method ``cnnmrf``."""

from __future__ import annotations

import functools
from typing import Any

from stylemix.errors import ConfigError
from stylemix.optimization import Descent, Recipe
from stylemix.stylizers import Optimization
from stylemix_cnnmrf.loss import MarkovLoss

STEPS = 150
STYLE_WEIGHT = 2.0
VARIATION = 4.0
SIZES = ((0.25, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 3))


class CNNMRF(Optimization):
    """Optimise the photograph until each of its patches is near one of the paintings'.

    Li and Wand, "Combining Markov Random Fields and Convolutional Neural Networks for Image
    Synthesis" (2016), coarse to fine over three sizes (section 4). Needs no training and no weights
    of its own. Where Gram matrices keep what textures have on average, patches keep their shapes,
    and put whole pieces of the painting where the photograph has something like them.

    Args:
        features: the network to look through: ``"thin"``, which ships with stylemix, or
            ``"vgg16"``, slower and nearer to the paper's.
        optimizer: ``"adam"`` or ``"lbfgs"``, the paper's.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
        style_weight: of the energy against the content loss.
        rate: Adam's learning rate.
        coarse_to_fine: spend a third of the steps at a quarter and a third at half of the size.
        patches: at most this many of a painting's patches take part at each layer and size.
        stride: positions between the picture's patches.
        seed: draws the painting's patches.
    """

    def __init__(
        self,
        *,
        features: str = "thin",
        optimizer: str = "adam",
        steps: int = STEPS,
        style_weight: float = STYLE_WEIGHT,
        rate: float = Descent.rate,
        coarse_to_fine: bool = True,
        patches: int = 2048,
        stride: int = 2,
        seed: int = 0,
    ) -> None:
        _check("patches", patches, 1, None)
        # With a larger stride there would be positions in no patch.
        _check("stride", stride, 1, 3)
        _check("seed", seed, 0, None)
        super().__init__(
            Recipe(
                style_weight=style_weight,
                sizes=SIZES if coarse_to_fine else SIZES[-1:],
                descent=Descent(optimizer=optimizer, rate=rate, variation=VARIATION),
                loss=functools.partial(MarkovLoss, count=patches, stride=stride, seed=seed),
            ),
            features,
            steps,
        )
        self.config = {
            "stylizer": "cnnmrf",
            "features": features,
            "optimizer": optimizer,
            "steps": steps,
            "style_weight": style_weight,
            "rate": rate,
            "coarse_to_fine": bool(coarse_to_fine),
            "patches": patches,
            "stride": stride,
            "seed": seed,
        }


def _check(name: str, value: Any, least: int, most: int | None) -> None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < least
        or (most is not None and value > most)
    ):
        what = f">= {least}" if most is None else f"from {least} to {most}"
        raise ConfigError(f"{name} must be a whole number {what}, got {value!r}")
