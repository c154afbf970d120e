"""Relaxed earth mover's distance: each feature vector against the nearest of the other picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.losses.base import Features, LossTerm
from stylemix.losses.positions import spread_positions
from stylemix.plugins.rules import NOT_EMPTY, at_least


class RelaxedEarthMover(LossTerm):
    """Relaxed earth mover's distance between feature vectors of output and painting.

    ``max(mean over i of min over j of C_ij, mean over j of min over i of C_ij)`` with ``C_ij = 1 -
    cos(y_i, s_j)`` (Kolkin, Salavon and Shakhnarovich, "Style Transfer by Relaxed Optimal Transport
    and Self-Similarity", CVPR 2019, eq. 4 to 6), averaged over layers: every place of the output
    has to look like some place of the painting, and every place of the painting has to be found in
    the output. The cosine doesn't see how large feature vectors are, so the paper adds their
    moments and colours; here a term ``moments`` or ``palette`` beside this one does.

    Departures: each layer is compared on its own, where the paper joins all layers of a place to
    one vector; and positions are the same in every step, spread evenly, so that targets can be
    kept, where the paper draws them.

    Args:
        layers: feature layers; their losses are averaged.
        places: positions of each map, at most; a map with no more is taken whole.
    """

    source = "style"

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = ("relu2_2", "relu3_3"),
        places: Annotated[int, at_least(1)] = 256,
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.places = places

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the painting's vectors of length 1, [N, P, C] a layer."""
        return [self._vectors(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets serve B samples in equal runs."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            found = self._vectors(features[layer])
            wanted = wanted.repeat_interleave(len(found) // len(wanted), dim=0)
            with torch.autocast(found.device.type, enabled=False):
                cost = 1 - found @ wanted.transpose(1, 2)
            total = total + torch.maximum(cost.amin(2).mean(1), cost.amin(1).mean(1))
        return total / len(self.layers)

    def _vectors(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        rows, columns = spread_positions(self.places, height, width, x.device)
        return F.normalize(x[:, :, rows, columns].float(), dim=1, eps=1e-6).transpose(1, 2)
