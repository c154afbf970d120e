"""A small style encoder: channel statistics of a thin VGG, and the palette."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.vgg import SMALLEST, ThinVGG
from stylemix.encoders.base import StyleEncoder, holds_whole
from stylemix.ops import moments
from stylemix.types import StyleCode

MAPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
QUANTILES = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98)


class ThinEncoder(StyleEncoder):
    """Means and deviations of four feature maps and the palette, through a perceptron.

    Gram matrices, the measure of style, depend on statistics of early features as much as on
    late ones, so these go into the code directly (compare AdaIN's use of the same statistics,
    Huang and Belongie, 2017, section 5). The trunk is frozen in training.

    Args:
        dim: length of the embedding.
        hidden: width of the perceptron's hidden layer.
    """

    typical_mean: Tensor
    typical_std: Tensor

    def __init__(self, *, dim: int = 128, hidden: int = 256) -> None:
        super().__init__()
        self.trunk = ThinVGG()
        self.trunk.requires_grad_(False)
        maps = {name: self.trunk.channels[name] for name in MAPS}
        self.channels = {"embedding": dim, **maps}
        count = 2 * sum(maps.values()) + 3 * (2 + len(QUANTILES))
        self.register_buffer("typical_mean", torch.zeros(count))
        self.register_buffer("typical_std", torch.ones(count))
        self.perceptron = nn.Sequential(
            nn.Linear(count, hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )

    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]; smaller than 8 x 8 are enlarged first."""
        maps, statistics = self._look(image)
        return {**self.embed(statistics), **maps}

    def statistics(self, image: Tensor) -> Tensor:
        """Give means, deviations and the palette of pictures [N, 3, H, W] in [0, 1]: [N, S]."""
        return self._look(image)[1]

    def embed(self, statistics: Tensor) -> StyleCode:
        """Turn statistics [N, S] into the embedding [N, dim]."""
        standard = ((statistics - self.typical_mean) / self.typical_std).clamp(-8, 8)
        return {"embedding": self.perceptron(standard)}

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load the trunk from a safetensors file, or the one that ships with stylemix.

        A file of the whole encoder (trunk, typical statistics and perceptron), as ``stylemix
        pretrain-encoder`` writes it, is recognised.

        Raises:
            WeightsError: the file is missing or damaged, or doesn't fit.
        """
        if weights is not None and holds_whole(weights):
            self.load_whole(weights)
        else:
            self.trunk.load_weights(weights)

    @torch.no_grad()
    def calibrate(self, images: Tensor) -> None:
        """Take the mean and deviation of the statistics from paintings [N, 3, H, W].

        The perceptron of a whole pre-trained encoder expects those that it was trained with.
        """
        if self.whole:
            return
        found = torch.cat([self._look(part)[1] for part in images.split(16)])
        self.typical_mean.copy_(found.mean(0))
        self.typical_std.copy_(found.std(0, correction=0).clamp_min(1e-3))

    def _look(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        if min(image.shape[-2:]) < SMALLEST:
            size = [max(SMALLEST, s) for s in image.shape[-2:]]
            image = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
        maps = self.trunk(image, MAPS)
        parts = [part for name in MAPS for part in moments(maps[name])]
        statistics = torch.cat([*parts, *moments(image)], dim=1).flatten(1)
        return maps, torch.cat([statistics, _quantiles(image)], dim=1)


def _quantiles(image: Tensor) -> Tensor:
    """Give the colour channels' quantiles [N, 3 * 9], by sorting (exact at any size)."""
    ordered = image.flatten(2).float().sort(dim=2).values
    last = ordered.shape[2] - 1
    index = torch.tensor([round(q * last) for q in QUANTILES], device=image.device)
    return ordered[:, :, index].flatten(1)
