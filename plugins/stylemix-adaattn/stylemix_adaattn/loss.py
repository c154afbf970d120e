"""The local feature loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS, LAYERS
from stylemix.losses import Features, LossTerm
from stylemix.ops import moments, sample_positions
from stylemix.plugins import NOT_EMPTY, at_least
from stylemix_adaattn.statistics import as_map, attention_statistics, tokens


class Local(LossTerm):
    """The output's features against AdaAttN's result without weights.

    ``mean over layers of |phi(y) - (S' * norm(phi(c)) + M')|^2`` (Liu et al., 2021, section 3.3),
    with S' and M' as in AdaAttN but f, g and h left out: places are compared by the normalised
    features themselves. The paper's layers are relu3_1, relu4_1 and relu5_1 of VGG-19, and it
    sums.

    Args:
        layers: feature layers; their losses are averaged.
        keys: at most this many places of the painting are attended to; of a larger map a sample.
        relative: divide each layer's loss by the target's mean square, so that it is alike for
            every layer and feature scale.
    """

    source = "both"

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = ("relu3_3", "relu4_3"),
        keys: Annotated[int, at_least(1)] = 4096,
        relative: bool = True,
    ) -> None:
        super().__init__()
        self.targets = tuple(layers)
        self.keys = keys
        self.relative = relative
        # Places are compared by a layer of each shallower block, one that every network has.
        self.members = {
            layer: [*(k for k in BLOCK_ENDS if LAYERS[k].block < LAYERS[layer].block), layer]
            for layer in layers
        }
        self.layers = tuple(dict.fromkeys(k for layer in layers for k in self.members[layer]))

    def prepare(self, features: Features) -> list[Tensor]:
        """Return each layer behind the shallower ones, [N, C + ..., h, w]."""
        stacks = []
        for layer in self.targets:
            own = features[layer]
            size = (own.shape[-2], own.shape[-1])
            keys = [F.adaptive_avg_pool2d(features[k], size) for k in self.members[layer][:-1]]
            stacks.append(torch.cat([*keys, own], dim=1).detach().float())
        return stacks

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets of paintings serve B samples in runs."""
        contents, styles = target[: len(self.targets)], target[len(self.targets) :]
        total = features["image"].new_zeros(())
        for layer, content, style in zip(self.targets, contents, styles, strict=True):
            found = features[layer].float()
            wanted = self._wanted(content, style, found.shape[1])
            error = (found - wanted).square().mean((1, 2, 3))
            if self.relative:
                error = error / wanted.square().mean((1, 2, 3)).clamp_min(1e-8)
            total = total + error
        return total / len(self.targets)

    @torch.no_grad()
    def _wanted(self, content: Tensor, style: Tensor, own: int) -> Tensor:
        style = style.repeat_interleave(len(content) // len(style), dim=0)
        normal, key = (_normalized(x) for x in (content, style))
        key, value = tokens(key), tokens(style[:, -own:])
        chosen = sample_positions(key.shape[1], self.keys, key.device)
        if chosen is not None:
            key, value = key[:, chosen], value[:, chosen]
        mean, deviation = attention_statistics(tokens(normal), key, value)
        return as_map(deviation, content) * normal[:, -own:] + as_map(mean, content)


def _normalized(x: Tensor) -> Tensor:
    mean, std = moments(x)
    return (x - mean) / std
