"""What methods share that optimize the picture itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.optimization import Recipe
from stylemix.stylizers.base import Stylizer
from stylemix.stylizers.options import check_features
from stylemix.stylizers.refining import (
    cached_extractor,
    optimize_request,
    painting_of,
    read_painting,
)
from stylemix.stylizers.request import Request
from stylemix.types import whole_number


class Optimization(Stylizer):
    """Style transfer by optimization of the picture itself.

    A method adds its recipe. Its options are the keyword-only parameters of ``__init__``, which
    also sets ``config``. The option ``refine`` above 0 takes the place of the method's own number
    of steps, and ``refine_features`` that of its feature network.

    Args:
        recipe: how the picture is optimized, and what is minimized.
        features: the feature network, see :data:`stylemix.optimization.FEATURES`.
        steps: evaluations of the losses, unless ``stylize`` is given another number.
    """

    trained: ClassVar[bool] = False
    optimizes: ClassVar[bool] = True

    def __init__(self, recipe: Recipe, features: str, steps: int) -> None:
        super().__init__()
        check_features(features)
        self.recipe, self.features = recipe, features
        self.steps = whole_number("steps", steps, 1)
        # Tells the device; the feature network is shared and no part of the model.
        self.register_buffer("marker", torch.zeros(()), persistent=False)

    def encode(self, style: Picture) -> Style:
        """Read one painting; keep the result to use it for many photographs."""
        return Style({}, "optimization", read_painting(style))

    def draw(self, request: Request, styles: Sequence[Style]) -> Tensor:
        """Optimize the photograph; of a style, the painting counts that it keeps."""
        options = request.options
        extractor = cached_extractor(options.refine_features or self.features, self.device)
        return optimize_request(
            request,
            request.content.pixels,
            [painting_of(style) for style in styles],
            extractor,
            self.recipe,
            options.refine or self.steps,
        )
