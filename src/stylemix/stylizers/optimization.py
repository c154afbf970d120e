"""What methods share that optimise the picture itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from PIL import Image

from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.optimization import FEATURES, Recipe, check_steps
from stylemix.plugins.registries import suggest
from stylemix.stylizers.base import Progress, Stylizer
from stylemix.stylizers.refining import cached_space, keep, paint, painting_of, recolored
from stylemix.stylizers.request import as_list, make_request


class Optimization(Stylizer):
    """Style transfer by optimisation of the picture itself.

    A method adds its recipe. Its options are the keyword-only parameters of ``__init__``, which
    also sets ``config``.

    Args:
        recipe: how the picture is optimised, and what is minimised.
        features: the network to look through, see :data:`stylemix.optimization.FEATURES`.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
    """

    trained: ClassVar[bool] = False

    def __init__(self, recipe: Recipe, features: str, steps: int) -> None:
        super().__init__()
        if features not in FEATURES:
            raise ConfigError(
                f"no feature network is named {features!r}"
                f"{suggest(str(features), FEATURES)} (there are: "
                f"{', '.join(FEATURES)})"
            )
        if check_steps(steps, "steps") == 0:
            raise ConfigError("steps must be at least 1")
        self.recipe, self.features, self.steps = recipe, features, steps
        # Tells the device; the feature network is shared and no part of the model.
        self.register_buffer("place", torch.zeros(()), persistent=False)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.place.device  # type: ignore[union-attr, return-value]

    def encode(self, style: Picture) -> Style:
        """Read one painting; keep the result to use it for many photographs."""
        return Style({}, "optimization", keep(style))

    def stylize(
        self,
        content: Picture,
        style: Picture | Style | Sequence[Picture | Style] | None = None,
        *,
        strength: float = 1.0,
        weights: Sequence[float] | None = None,
        masks: Sequence[Picture] | None = None,
        preserve_color: bool = False,
        palette: Picture | Style | None = None,
        size: int | None = None,
        tile: int | None = None,
        refine: int = 0,
        refine_features: str | None = None,
        progress: Progress | None = None,
    ) -> Image.Image:
        """Stylise one photograph; see :func:`stylemix.stylize`.

        ``refine`` above 0 takes the place of the method's own number of steps, and
        ``refine_features`` of its feature network. With ``palette`` the paintings are brought
        into its colours first (:func:`recolored`).
        """
        styles = as_list(style)
        steps = check_steps(refine) or self.steps
        request = make_request(
            content,
            len(styles),
            strength=strength,
            weights=weights,
            masks=masks,
            preserve_color=preserve_color,
            palette=palette,
            size=size,
            tile=tile,
        )
        space = cached_space(refine_features or self.features, self.device)
        # A style that a model encoded holds its painting too, so any will do.
        paintings = [painting_of(s) if isinstance(s, Style) else keep(s) for s in styles]
        if palette is not None:
            paintings = [recolored(p, palette) for p in paintings]
        if request.empty:
            return request.finish(request.rgb)
        return paint(request, request.rgb, paintings, space, self.recipe, steps, progress)
