"""A small style encoder: channel statistics of a thin VGG, and the palette."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from stylemix.backbones import BLOCK_ENDS
from stylemix.encoders.measured import QUANTILES, MeasuredEncoder, enlarged, quantiles
from stylemix.ops import moments
from stylemix.plugins.rules import at_least
from stylemix.types import StyleCode


class ThinEncoder(MeasuredEncoder):
    """Means and deviations of four feature maps and the palette, through a perceptron.

    Gram matrices, the measure of style, depend on statistics of early features as much as on
    late ones, so these go into the code directly (compare AdaIN's use of the same statistics,
    Huang and Belongie, 2017, section 5). The trunk is frozen in training.

    Args:
        dim: length of the embedding.
        hidden: width of the perceptron's hidden layer.
    """

    def __init__(
        self,
        *,
        dim: Annotated[int, at_least(1)] = 128,
        hidden: Annotated[int, at_least(1)] = 256,
    ) -> None:
        super().__init__()
        maps = {name: self.trunk.channels[name] for name in BLOCK_ENDS}
        self.channels = {"embedding": dim, **maps}
        count = 2 * sum(maps.values()) + 3 * (2 + len(QUANTILES))
        self._make_room(count)
        self.perceptron = nn.Sequential(nn.Linear(count, hidden), nn.ReLU(), nn.Linear(hidden, dim))

    def embed(self, statistics: Tensor) -> StyleCode:
        """Turn statistics [N, S] into the embedding [N, dim]."""
        return {"embedding": self.perceptron(self._standard(statistics))}

    def _extract(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        image = enlarged(image)
        maps, parts = self._maps(image)
        statistics = torch.cat([*parts, *moments(image)], dim=1).flatten(1)
        return maps, torch.cat([statistics, quantiles(image.flatten(2).float())], dim=1)
