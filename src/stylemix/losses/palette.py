"""Palette loss: the output's colours against the painting's, wherever they lie."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.losses.base import Features, LossTerm
from stylemix.ops import quantiles, sorted_projections, unit_vectors
from stylemix.plugins.rules import at_least


class Palette(LossTerm):
    """Sliced Wasserstein distance of order 1 between the colours of two pictures.

    ``mean over directions d of mean over quantiles q of |Q_q(d . y) - Q_q(d . s)|``, with ``Q_q``
    the quantile function of the pixels projected onto ``d`` (Rabin et al., "Wasserstein barycenter
    and its application to texture mixing", 2011). Gram matrices hold the second moments of colour
    only; this holds the whole distribution, in units of RGB in [0, 1].

    Args:
        directions: unit vectors of RGB space, the same in every step; the first three are the
            axes.
        quantiles: points at which the distributions are compared.
        shrink: pictures are area-averaged by this factor first, so that the term binds palettes
            rather than single pixels, and costs little.
    """

    source = "style"
    axes: Tensor

    def __init__(
        self,
        *,
        directions: Annotated[int, at_least(3)] = 16,
        quantiles: Annotated[int, at_least(2)] = 64,
        shrink: Annotated[int, at_least(1)] = 2,
    ) -> None:
        super().__init__()
        self.quantiles = quantiles
        self.shrink = shrink
        axes = torch.cat([torch.eye(3), unit_vectors(directions - 3, 3)])
        self.register_buffer("axes", axes, persistent=False)

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the painting's quantiles, [N, directions, quantiles]."""
        return [self._measure(features["image"]).detach()]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets serve B samples in equal runs."""
        found = self._measure(features["image"])
        wanted = target[0].repeat_interleave(len(found) // len(target[0]), dim=0)
        return (found - wanted).abs().mean((1, 2))

    def _measure(self, image: Tensor) -> Tensor:
        """Return the quantiles of colours along each axis."""
        small = F.avg_pool2d(image.float(), self.shrink, ceil_mode=True)
        return quantiles(sorted_projections(small, self.axes), self.quantiles)
