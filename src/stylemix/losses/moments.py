"""Style loss of the AdaIN family: channel means and deviations of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.losses.base import Features, LossTerm
from stylemix.ops import moments
from stylemix.plugins.rules import NOT_EMPTY


class Moments(LossTerm):
    """Squared differences of channel means and deviations (Huang and Belongie, 2017, eq. 13).

    ``sum over layers of |mean(y) - mean(s)|^2 / C + |std(y) - std(s)|^2 / C``; the paper sums over
    channels, its authors' code averages, as here. Departures: the deviation is the biased one,
    and the layers are those that both our feature networks offer, the last of each of VGG-16's
    first four blocks, where the paper takes the first of each of VGG-19's.

    Args:
        layers: feature layers; their losses are summed, or averaged with ``relative``.
        relative: divide each layer's loss by the painting's own mean square of means and
            deviations, so that it is alike for loud and quiet paintings and for every layer and
            feature scale.
    """

    source = "style"

    def __init__(
        self, *, layers: Annotated[Sequence[str], NOT_EMPTY] = BLOCK_ENDS, relative: bool = False
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.relative = relative

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the painting's means and deviations, [N, 2 C] a layer."""
        return [_measure(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets serve B samples in equal runs."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            found = _measure(features[layer])
            wanted = wanted.repeat_interleave(len(found) // len(wanted), dim=0)
            # Twice the mean over 2 C values is the sum of two means over C.
            error = 2 * (found - wanted).square().mean(1)
            if self.relative:
                error = error / (2 * wanted.square().mean(1)).clamp_min(1e-8)
            total = total + error
        return total / len(self.layers) if self.relative else total


def _measure(x: Tensor) -> Tensor:
    return torch.cat(moments(x), dim=1).flatten(1)
