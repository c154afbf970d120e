"""The method ``cnnmrf``."""

from __future__ import annotations

import functools
from typing import Annotated

from stylemix.optimization import FEATURES, OPTIMIZERS, Descent, Recipe
from stylemix.plugins import above, at_least, at_most, one_of
from stylemix.stylizers import Optimization
from stylemix_cnnmrf.loss import MarkovLoss

STEPS = 150
STYLE_WEIGHT = 2.0
VARIATION = 4.0
SIZES = ((0.25, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 3))


class CNNMRF(Optimization):
    """Optimize the photograph until each of its patches is near one of the paintings'.

    Li and Wand, "Combining Markov Random Fields and Convolutional Neural Networks for Image
    Synthesis" (2016), coarse to fine over three sizes (section 4). Needs no training and no weights
    of its own. Where Gram matrices keep what textures have on average, patches keep their shapes,
    and put whole pieces of the painting where the photograph has something like them.

    Args:
        features: the feature network: ``"thin"``, which ships with stylemix, or
            ``"vgg16"``, slower and nearer to the paper's.
        optimizer: ``"adam"`` or ``"lbfgs"``, the paper's.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
        style_weight: of the energy against the content loss.
        rate: Adam's learning rate.
        coarse_to_fine: spend a third of the steps at a quarter and a third at half of the size.
        patches: at most this many of a painting's patches take part at each layer and size.
        stride: positions between the picture's patches; beyond 3 there would be positions in none.
        seed: draws the painting's patches.
    """

    def __init__(
        self,
        *,
        features: Annotated[str, one_of(FEATURES)] = "thin",
        optimizer: Annotated[str, one_of(OPTIMIZERS)] = "adam",
        steps: Annotated[int, at_least(1)] = STEPS,
        style_weight: Annotated[float, above(0)] = STYLE_WEIGHT,
        rate: Annotated[float, above(0)] = Descent.rate,
        coarse_to_fine: bool = True,
        patches: Annotated[int, at_least(1)] = 2048,
        stride: Annotated[int, at_least(1), at_most(3)] = 2,
        seed: Annotated[int, at_least(0)] = 0,
    ) -> None:
        recipe = Recipe(
            style_weight=style_weight,
            sizes=SIZES if coarse_to_fine else SIZES[-1:],
            descent=Descent(optimizer=optimizer, rate=rate, variation=VARIATION),
            loss=functools.partial(MarkovLoss, count=patches, stride=stride, seed=seed),
        )
        super().__init__(recipe, features, steps)
        self.config = {
            "stylizer": "cnnmrf",
            "features": features,
            "optimizer": optimizer,
            "steps": self.steps,
            "style_weight": recipe.style_weight,
            "rate": recipe.descent.rate,
            "coarse_to_fine": bool(coarse_to_fine),
            "patches": patches,
            "stride": stride,
            "seed": seed,
        }
