"""Sliced Wasserstein loss: the whole distribution of features, not only its second moments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from stylemix.losses.base import Features, LossTerm
from stylemix.ops import quantiles, sorted_projections, unit_vectors
from stylemix.plugins.rules import NOT_EMPTY, at_least

SLICED_LAYERS = ("relu2_2", "relu3_3")


class SlicedWasserstein(LossTerm):
    """Squared sliced Wasserstein distance of order 2 between feature distributions.

    ``mean over layers of mean over directions d and quantiles q of (Q_q(d . y) - Q_q(d . s))^2``
    (Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis", CVPR 2021, eq. 4),
    divided by the mean square of the painting's quantiles, so that it is alike for loud and quiet
    paintings and for every layer and feature scale. Departures: directions stay the same, so that
    targets can be kept, where the paper draws new ones in every step; and distributions are
    compared at a number of quantiles instead of all positions.

    Args:
        layers: feature layers.
        directions: unit vectors of each layer's channels.
        quantiles: points at which distributions are compared.
    """

    source = "style"

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = SLICED_LAYERS,
        directions: Annotated[int, at_least(1)] = 64,
        quantiles: Annotated[int, at_least(2)] = 64,
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.count = directions
        self.quantiles = quantiles
        self._axes: dict[int, Tensor] = {}

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the painting's quantiles, [N, directions, quantiles] a layer."""
        return [self._measure(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets serve B samples in equal runs."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            found = self._measure(features[layer])
            wanted = wanted.repeat_interleave(len(found) // len(wanted), dim=0)
            power = wanted.square().mean((1, 2)).clamp_min(1e-12)
            total = total + (found - wanted).square().mean((1, 2)) / power
        return total / len(self.layers)

    def _measure(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        if channels not in self._axes:
            self._axes[channels] = unit_vectors(self.count, channels)
        axes = self._axes[channels] = self._axes[channels].to(x.device)
        return quantiles(sorted_projections(x, axes), self.quantiles)
