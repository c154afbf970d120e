"""What the encoders share that measure a painting through a frozen thin VGG."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.backbones.vgg import SMALLEST, ThinVGG
from stylemix.encoders.base import StyleEncoder, holds_whole
from stylemix.ops import moments, order_statistics
from stylemix.types import StyleCode

QUANTILES = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98)


class MeasuredEncoder(StyleEncoder):
    """Measures a painting, brings each statistic to that of typical paintings, and embeds it.

    Only what embeds the statistics learns; the trunk is frozen.

    Attributes:
        trunk: the thin VGG.
        typical_mean: of each statistic over paintings, [S].
        typical_std: the deviation, [S].
    """

    typical_mean: Tensor
    typical_std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.trunk = ThinVGG()
        self.trunk.requires_grad_(False)

    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]; smaller than 8 x 8 are enlarged first."""
        maps, statistics = self._extract(image)
        return {**self.embed(statistics), **maps}

    def statistics(self, image: Tensor) -> Tensor:
        """Return what is measured of pictures [N, 3, H, W] in [0, 1]: [N, S]."""
        return self._extract(image)[1]

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load the trunk from a safetensors file, or the one that ships with stylemix.

        A file of the whole encoder (trunk, typical statistics and what embeds them), as
        ``stylemix pretrain-encoder`` writes it, is recognised.

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

        A whole pre-trained encoder expects those that it was trained with.
        """
        if self.whole:
            return
        found = torch.cat([self._extract(part)[1] for part in images.split(16)])
        self.typical_mean.copy_(found.mean(0))
        self.typical_std.copy_(found.std(0, correction=0).clamp_min(1e-3))

    @abstractmethod
    def _extract(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return the trunk's maps and the statistics, [N, S]."""

    def _make_room(self, statistics: int) -> None:
        """Make room for so many statistics' typical values."""
        self.register_buffer("typical_mean", torch.zeros(statistics))
        self.register_buffer("typical_std", torch.ones(statistics))

    def _standard(self, statistics: Tensor) -> Tensor:
        """Bring statistics [N, S] to mean 0 and deviation 1 over typical paintings."""
        standard = ((statistics - self.typical_mean) / self.typical_std).clamp(-8, 8)
        # Statistics are float32 at least, whatever the network computes in.
        return standard.to(self.typical_mean.dtype)

    def _maps(self, image: Tensor) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Return the trunk's maps, and the mean and deviation [N, C, 1, 1] of each."""
        maps = self.trunk(image, BLOCK_ENDS)
        return maps, [part for name in BLOCK_ENDS for part in moments(maps[name])]


def enlarged(image: Tensor) -> Tensor:
    """Return a picture that the trunk can look at: with sides of at least 8 pixels."""
    if min(image.shape[-2:]) >= SMALLEST:
        return image
    size = [max(SMALLEST, s) for s in image.shape[-2:]]
    return F.interpolate(image, size=size, mode="bilinear", align_corners=False)


def quantiles(values: Tensor) -> Tensor:
    """Return the quantiles of values [N, D, P] over P, by sorting (exact at any size): [N, 9 D]."""
    return order_statistics(values.sort(dim=2).values, QUANTILES).flatten(1)
