"""A style encoder with two codes: texture from brightness alone, palette from colours alone."""

from __future__ import annotations

import itertools
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import BLOCK_ENDS
from stylemix.encoders.measured import QUANTILES, MeasuredEncoder, enlarged, quantiles
from stylemix.images.color import desaturate
from stylemix.plugins.rules import at_least
from stylemix.types import StyleCode

PIXELS = 16_384
"""Pixels of a picture that its palette is read from, evenly spread."""


def directions() -> Tensor:
    """Return the unit vectors of RGB space along which colours are sorted, [13, 3].

    The axes, the diagonals of the cube's faces and those of the cube: the 26 neighbours of a
    cell, one of each opposite two. The variances along six of them determine the covariance
    matrix, so the palette holds which channels go together (channels sorted one by one wouldn't).
    """
    chosen = [d for d in itertools.product((-1.0, 0.0, 1.0), repeat=3) if d > (0.0, 0.0, 0.0)]
    return F.normalize(torch.tensor(chosen), dim=1)


class TexturePaletteEncoder(MeasuredEncoder):
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

    directions: Tensor

    def __init__(
        self,
        *,
        dim: Annotated[int, at_least(1)] = 128,
        hidden: Annotated[int, at_least(1)] = 256,
        palette_dim: Annotated[int, at_least(1)] = 64,
        palette_hidden: Annotated[int, at_least(1)] = 128,
    ) -> None:
        super().__init__()
        maps = {name: self.trunk.channels[name] for name in BLOCK_ENDS}
        self.channels = {"embedding": dim, "palette": palette_dim, **maps}
        self.register_buffer("directions", directions(), persistent=False)
        self.texture_count = 2 * sum(maps.values())
        palette_count = len(self.directions) * len(QUANTILES)
        count = self.texture_count + palette_count
        self._make_room(count)
        self.perceptron = nn.Sequential(
            nn.Linear(self.texture_count, hidden), nn.ReLU(), nn.Linear(hidden, dim)
        )
        self.palette = nn.Sequential(
            nn.Linear(palette_count, palette_hidden),
            nn.ReLU(),
            nn.Linear(palette_hidden, palette_dim),
        )

    def embed(self, statistics: Tensor) -> StyleCode:
        """Turn statistics [N, S] into texture code [N, dim] and palette code [N, palette_dim]."""
        standard = self._standard(statistics)
        return {
            "embedding": self.perceptron(standard[:, : self.texture_count]),
            "palette": self.palette(standard[:, self.texture_count :]),
        }

    def _extract(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        maps, parts = self._maps(desaturate(enlarged(image)))
        return maps, torch.cat([torch.cat(parts, dim=1).flatten(1), self._colors(image)], dim=1)

    def _colors(self, image: Tensor) -> Tensor:
        """Return the quantiles of colours along each direction, [N, 13 * 9]."""
        colors = image.flatten(2)
        colors = colors.to(torch.promote_types(colors.dtype, torch.float32))
        if torch.jit.is_tracing():  # for any number of pixels, which is a tensor then
            last = torch.as_tensor(colors.shape[2] - 1)
            steps = last.clamp_max(PIXELS - 1)
            places: Tensor = torch.arange(steps + 1)  # type: ignore[call-overload]
            spread = places.double() * (last.double() / steps)
            colors = colors.index_select(2, spread.round().long())
        elif colors.shape[2] > PIXELS:
            spread = torch.linspace(0, colors.shape[2] - 1, PIXELS, dtype=torch.float64)
            colors = colors[:, :, spread.round().long().to(colors.device)]
        with torch.autocast(image.device.type, enabled=False):  # 8 bits don't hold a colour
            return quantiles(self.directions.to(colors.dtype) @ colors)
