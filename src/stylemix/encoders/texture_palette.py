"""A style encoder with two codes: texture from brightness alone, palette from colours alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.vgg import SMALLEST, ThinVGG
from stylemix.color import grey
from stylemix.encoders.base import StyleEncoder, holds_whole
from stylemix.ops import moments
from stylemix.types import StyleCode

MAPS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
QUANTILES = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.98)
PIXELS = 16_384
"""Pixels of a picture that its palette is read from, evenly spread."""


def directions() -> Tensor:
    """Give the unit vectors of RGB space along which colours are sorted, [13, 3].

    The axes, the diagonals of the cube's faces and those of the cube: the 26 neighbours of a
    cell, one of each opposite two. The variances along six of them determine the covariance
    matrix, so the palette holds which channels go together (channels sorted one by one wouldn't).
    """
    chosen = [d for d in itertools.product((-1.0, 0.0, 1.0), repeat=3) if d > (0.0, 0.0, 0.0)]
    return F.normalize(torch.tensor(chosen), dim=1)


class TexturePaletteEncoder(StyleEncoder):
    """Two codes of one painting: ``"embedding"``, its texture, and ``"palette"``, its colours.

    The texture code comes from means and deviations of a thin VGG's maps of the *grey* picture,
    so that it can't know a colour; the palette code from quantiles of colours along 13 directions,
    so that it can't know where they lie. An injection that reads one of them can be given another
    painting's than the rest: the strokes of one with the colours of another. (Two codes with
    injection points of their own: compare the separate colour control of Gatys et al.,
    "Controlling Perceptual Factors in Neural Style Transfer", 2017, section 5.)

    The maps that the code offers are those of the grey picture too. The trunk is frozen in
    training.

    Args:
        dim: length of the texture code.
        hidden: width of its perceptron's hidden layer.
        palette_dim: length of the palette code.
        palette_hidden: width of its perceptron's hidden layer.
    """

    typical_mean: Tensor
    typical_std: Tensor
    directions: Tensor

    def __init__(self, *, dim: int = 128, hidden: int = 256, palette_dim: int = 64,
                 palette_hidden: int = 128) -> None:
        super().__init__()
        self.trunk = ThinVGG()
        self.trunk.requires_grad_(False)
        maps = {name: self.trunk.channels[name] for name in MAPS}
        self.channels = {"embedding": dim, "palette": palette_dim, **maps}
        self.register_buffer("directions", directions(), persistent=False)
        self.texture_count = 2 * sum(maps.values())
        palette_count = len(self.directions) * len(QUANTILES)
        count = self.texture_count + palette_count
        self.register_buffer("typical_mean", torch.zeros(count))
        self.register_buffer("typical_std", torch.ones(count))
        self.perceptron = nn.Sequential(
            nn.Linear(self.texture_count, hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )
        self.palette = nn.Sequential(
            nn.Linear(palette_count, palette_hidden), nn.ReLU(),
            nn.Linear(palette_hidden, palette_dim),
        )

    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]; smaller than 8 x 8 are enlarged first."""
        maps, statistics = self._look(image)
        return {**self.embed(statistics), **maps}

    def statistics(self, image: Tensor) -> Tensor:
        """Give the texture's and the palette's statistics of [N, 3, H, W] in [0, 1]: [N, S]."""
        return self._look(image)[1]

    def embed(self, statistics: Tensor) -> StyleCode:
        """Turn statistics [N, S] into texture code [N, dim] and palette code [N, palette_dim]."""
        standard = ((statistics - self.typical_mean) / self.typical_std).clamp(-8, 8)
        return {"embedding": self.perceptron(standard[:, :self.texture_count]),
                "palette": self.palette(standard[:, self.texture_count:])}

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load the trunk from a safetensors file, or the one that ships with stylemix.

        A file of the whole encoder, as ``stylemix pretrain-encoder`` writes it, is recognised.

        Raises:
            WeightsError: the file is missing or damaged, or doesn't fit.
        """
        if weights is not None and holds_whole(weights):
            self.load_whole(weights)
        else:
            self.trunk.load_weights(weights)

    @torch.no_grad()
    def calibrate(self, images: Tensor) -> None:
        """Take the mean and deviation of the statistics from paintings [N, 3, H, W]."""
        if self.whole:
            return
        found = torch.cat([self._look(part)[1] for part in images.split(16)])
        self.typical_mean.copy_(found.mean(0))
        self.typical_std.copy_(found.std(0, correction=0).clamp_min(1e-3))

    def _look(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        colors = self._colors(image)
        if min(image.shape[-2:]) < SMALLEST:
            size = [max(SMALLEST, s) for s in image.shape[-2:]]
            image = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
        maps = self.trunk(grey(image), MAPS)
        texture = torch.cat([part for name in MAPS for part in moments(maps[name])], dim=1)
        return maps, torch.cat([texture.flatten(1), colors], dim=1)

    def _colors(self, image: Tensor) -> Tensor:
        """Give the quantiles of colours along each direction, [N, 13 * 9]."""
        colors = image.flatten(2).float()
        if colors.shape[2] > PIXELS:
            spread = torch.linspace(0, colors.shape[2] - 1, PIXELS, dtype=torch.float64)
            colors = colors[:, :, spread.round().long().to(colors.device)]
        with torch.autocast(image.device.type, enabled=False):  # 8 bits don't hold a colour
            ordered = (self.directions @ colors).sort(dim=2).values
        last = ordered.shape[2] - 1
        index = torch.tensor([round(q * last) for q in QUANTILES], device=image.device)
        return ordered[:, :, index].flatten(1)
