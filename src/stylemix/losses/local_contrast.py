"""Local contrast: neighbouring positions keep the relation that they have in the photograph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.losses.base import Features, LossTerm
from stylemix.losses.positions import spread_positions
from stylemix.plugins.rules import NOT_EMPTY, above, at_least

AROUND = ((0, 0), *((v, h) for v in (-1, 0, 1) for h in (-1, 0, 1) if v or h))
"""A place and its eight neighbours."""


class LocalContrast(LossTerm):
    """Contrastive coherence preserving loss (Wu et al., "CCPL", ECCV 2022, eq. 1 and 2).

    At some positions of a layer's map, the differences to the eight neighbours are taken, in the
    output (``d``) and in the photograph (``c``). Each has to point more in the direction of its
    own counterpart than in that of any other: ``- log(exp(d_i . c_i / tau) / sum over j of
    exp(d_i . c_j / tau))``, averaged over differences i and layers, all vectors brought to length
    1. A constant offset or a factor of a map costs nothing, so colours and contrast may change
    where details may not.

    Departures: the paper's two-layer perceptron in front of the product, trained along, is left
    out, so that a loss has nothing to learn; and positions are the same in every step, spread
    evenly, where the paper draws them: crops are drawn anyway.

    Args:
        layers: feature layers; their losses are averaged.
        places: positions of each map, at most; eight differences each.
        temperature: tau.
    """

    source = "content"
    around: Tensor

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = ("relu2_2", "relu3_3"),
        places: Annotated[int, at_least(1)] = 8,
        temperature: Annotated[float, above(0)] = 0.07,
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.places = places
        self.temperature = float(temperature)
        self.register_buffer("around", torch.tensor(AROUND), persistent=False)

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the photograph's differences, [N, 8 P, C] a layer."""
        return [self._differences(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            found = self._differences(features[layer])
            with torch.autocast(found.device.type, enabled=False):
                logits = found @ wanted.transpose(1, 2) / self.temperature
            total = total - logits.diagonal(dim1=1, dim2=2).sub(logits.logsumexp(2)).mean(1)
        return total / len(self.layers)

    def _differences(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if min(height, width) < 3:
            raise ConfigError(
                f"local contrast needs maps of at least 3 x 3, got {height} x "
                f"{width}: choose larger crops or shallower layers"
            )
        rows, columns = spread_positions(self.places, height, width, x.device, margin=1)
        # One gathering for all: each has a gradient of the whole map's size.
        down, right = self.around.unbind(1)
        near = x[:, :, rows + down[:, None], columns + right[:, None]].float()
        each = (near[:, :, 1:] - near[:, :, :1]).flatten(2)
        return F.normalize(each, dim=1, eps=1e-6).transpose(1, 2)
