"""Style transfer by optimisation of the picture itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from PIL import Image

from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.optimization import FEATURES, Descent, Recipe, check_steps
from stylemix.registry import suggest
from stylemix.style import Style
from stylemix.stylizers.base import Progress, Stylizer
from stylemix.stylizers.painting import cached_space, keep, paint, painting_of
from stylemix.stylizers.request import as_list, make_request

STEPS = 200
SIZES = ((0.5, 0.5), (1.0, 0.5))


class Gatys(Stylizer):
    """Optimise the photograph until its features hold the paintings' Gram matrices.

    Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks" (2016),
    coarse to fine as in Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer"
    (2017), section 6, with its guided Gram matrices for masks (section 4). Needs no training and
    no weights of its own. Unlike the papers, distances of Gram matrices are relative to the
    painting's at each layer, and the change of the picture is smooth.

    Args:
        features: the network to look through: ``"thin"``, which ships with stylemix, or
            ``"vgg16"``, the papers' kind.
        optimizer: ``"adam"`` or ``"lbfgs"``.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
        style_weight: of the style loss against the content loss.
        rate: Adam's learning rate.
        coarse_to_fine: spend the first half of the steps at half the size.
    """

    trained: ClassVar[bool] = False

    def __init__(
        self,
        *,
        features: str = "thin",
        optimizer: str = "adam",
        steps: int = STEPS,
        style_weight: float = Recipe.style_weight,
        rate: float = Descent.rate,
        coarse_to_fine: bool = True,
    ) -> None:
        super().__init__()
        if features not in FEATURES:
            raise ConfigError(f"no feature network is named {features!r}"
                              f"{suggest(str(features), FEATURES)} (there are: "
                              f"{', '.join(FEATURES)})")
        if check_steps(steps, "steps") == 0:
            raise ConfigError("steps must be at least 1")
        self.recipe = Recipe(
            style_weight=style_weight, sizes=SIZES if coarse_to_fine else SIZES[-1:],
            descent=Descent(optimizer=optimizer, rate=rate))
        self.features, self.steps = features, steps
        self.config = {
            "stylizer": "gatys", "features": features, "optimizer": optimizer, "steps": steps,
            "style_weight": style_weight, "rate": rate, "coarse_to_fine": bool(coarse_to_fine),
        }
        # Tells the device; the feature network is shared and no part of the model.
        self.register_buffer("place", torch.zeros(()), persistent=False)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Gatys:
        """Build it; every key but ``"stylizer"`` is an argument of the class."""
        options = {k: v for k, v in config.items() if k != "stylizer"}
        known = ("features", "optimizer", "steps", "style_weight", "rate", "coarse_to_fine")
        for key in options:
            if key not in known:
                raise ConfigError(f"unknown key {key!r} in the configuration of gatys"
                                  f"{suggest(key, known)} (known: {', '.join(known)})")
        return cls(**options)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.place.device  # type: ignore[union-attr, return-value]

    def encode(self, style: Picture) -> Style:
        """Read one painting; keep the result to use it for many photographs."""
        return Style({}, "gatys", keep(style))

    def stylize(
        self,
        content: Picture,
        style: Picture | Style | Sequence[Picture | Style],
        *,
        strength: float = 1.0,
        weights: Sequence[float] | None = None,
        masks: Sequence[Picture] | None = None,
        preserve_color: bool = False,
        size: int | None = None,
        tile: int | None = None,
        refine: int = 0,
        refine_features: str | None = None,
        progress: Progress | None = None,
    ) -> Image.Image:
        """Stylise one photograph; see :func:`stylemix.stylize`.

        ``refine`` above 0 takes the place of the method's own number of steps, and
        ``refine_features`` of its feature network.
        """
        styles = as_list(style)
        steps = check_steps(refine) or self.steps
        request = make_request(
            content, len(styles), strength=strength, weights=weights, masks=masks,
            preserve_color=preserve_color, size=size, tile=tile,
        )
        space = cached_space(refine_features or self.features, self.device)
        # A style that a model encoded holds its painting too, so any will do.
        paintings = [painting_of(s) if isinstance(s, Style) else keep(s) for s in styles]
        if request.empty:
            return request.finish(request.rgb)
        return paint(request, request.rgb, paintings, space, self.recipe, steps, progress)
