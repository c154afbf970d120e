"""Gatys' method: style transfer by optimization of the picture itself."""

from __future__ import annotations

from typing import Annotated

from stylemix.optimization import FEATURES, OPTIMIZERS, Descent, Recipe
from stylemix.plugins import above, at_least, one_of
from stylemix.stylizers.optimization import Optimization

STEPS = 200
SIZES = ((0.5, 0.5), (1.0, 0.5))


class Gatys(Optimization):
    """Optimize the photograph until its features hold the paintings' Gram matrices.

    Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks" (2016),
    coarse to fine as in Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer"
    (2017), section 6, with its guided Gram matrices for masks (section 4). Needs no training and
    no weights of its own. Unlike the papers, distances of Gram matrices are relative to the
    painting's at each layer, and the change of the picture is smooth.

    Args:
        features: the feature network: ``"thin"``, which ships with stylemix, or
            ``"vgg16"``, the papers' kind.
        optimizer: ``"adam"`` or ``"lbfgs"``.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
        style_weight: of the style loss against the content loss.
        rate: Adam's learning rate.
        coarse_to_fine: spend the first half of the steps at half the size.
    """

    def __init__(
        self,
        *,
        features: Annotated[str, one_of(FEATURES)] = "thin",
        optimizer: Annotated[str, one_of(OPTIMIZERS)] = "adam",
        steps: Annotated[int, at_least(1)] = STEPS,
        style_weight: Annotated[float, above(0)] = Recipe.style_weight,
        rate: Annotated[float, above(0)] = Descent.rate,
        coarse_to_fine: bool = True,
    ) -> None:
        recipe = Recipe(
            style_weight=style_weight,
            sizes=SIZES if coarse_to_fine else SIZES[-1:],
            descent=Descent(optimizer=optimizer, rate=rate),
        )
        super().__init__(recipe, features, steps)
        self.config = {
            "stylizer": "gatys",
            "features": features,
            "optimizer": optimizer,
            "steps": self.steps,
            "style_weight": recipe.style_weight,
            "rate": recipe.descent.rate,
            "coarse_to_fine": bool(coarse_to_fine),
        }
