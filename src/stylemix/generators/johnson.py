"""The transformer network of Johnson et al. (2016), open to injections at every site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.generators.base import Attach, Generator, Injected, Stage
from stylemix.generators.blocks import ConvUnit, ResidualBlock
from stylemix.generators.grain import Grain
from stylemix.injections.style import StyleMix
from stylemix.ops import binomial
from stylemix.plugins.rules import at_least
from stylemix.types import Site


class Down(Stage):
    """9x9 and two stride-2 3x3 convolutions, each with its normalisation and ReLU."""

    def __init__(self, width: int, attach: Attach) -> None:
        # 4 pixels for the 9x9, 1 and 2 for the strided ones; a multiple of the stride.
        super().__init__(stride_in=1, stride_out=4, halo=8, channels_out=4 * width)
        self.units = nn.ModuleList(
            [
                ConvUnit("down1", 3, width, 9, attach, stride_in=1),
                ConvUnit("down2", width, 2 * width, 3, attach, stride_in=1, stride=2),
                ConvUnit("down3", 2 * width, 4 * width, 3, attach, stride_in=2, stride=2),
            ]
        )

    def forward(self, x: Tensor, mix: StyleMix | None) -> Tensor:
        """Turn a picture [B, 3, H, W] in [0, 1] into a map [B, 4 width, H/4, W/4]."""
        x = x * 2 - 1
        for unit in self.units:
            x = F.relu(unit(x, mix))
        return x


class Bottleneck(Stage):
    """The place between down-sampling and the blocks where map injections act."""

    def __init__(self, channels: int, attach: Attach, *, grain: bool) -> None:
        injected = Injected(Site("bottleneck", "map", channels, 4), attach)
        super().__init__(stride_in=4, stride_out=4, halo=injected.reach, channels_out=channels)
        self.grain = Grain(channels, 4) if grain else None
        self.injected = injected

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture to the map [B, C, h, w]."""
        if self.grain is not None:
            x = self.grain(x, mix.origin)
        return self.injected(x, mix)


class Block(Stage):
    """One residual block, and the map site behind it."""

    def __init__(self, name: str, channels: int, attach: Attach) -> None:
        injected = Injected(Site(f"{name}.out", "map", channels, 4), attach)
        super().__init__(stride_in=4, stride_out=4, halo=2 + injected.reach, channels_out=channels)
        self.block = ResidualBlock(name, channels, attach, stride=4)
        self.injected = injected

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn [B, C, h, w] into [B, C, h, w]."""
        return self.injected(self.block(x, mix), mix)


class Up(Stage):
    """Two upsamplings with 3x3 convolutions, and the 9x9 output layer.

    In front of the second one a binomial filter takes away what alternates from pixel to pixel: a
    texture that is locked to the Nyquist frequency of this map is a weave of period 4 in the
    picture, the checkerboard that upsampling without transposed convolutions still leaves.
    """

    def __init__(self, width: int, attach: Attach, *, grain: bool) -> None:
        # 3.75 of them: 1.5 for the first upsampling and its 3x3, half of that and a half for the
        # filter for the second, 1 for the 9x9.
        super().__init__(stride_in=4, stride_out=1, halo=4, channels_out=3)
        self.units = nn.ModuleList(
            [
                ConvUnit("up1", 4 * width, 2 * width, 3, attach, stride_in=4, upsample=True),
                ConvUnit("up2", 2 * width, width, 3, attach, stride_in=2, upsample=True),
            ]
        )
        self.output = ConvUnit("output", width, 3, 9, attach, stride_in=1)
        self.grains = nn.ModuleList(
            [Grain(2 * width, 2)] if grain else []  # pixel by pixel it would be mere noise
        )

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn the map [B, 4 width, h, w] into a picture [B, 3, 4h, 4w] in [0, 1]."""
        first, second = self.units
        x = F.relu(first(x, mix))
        for grain in self.grains:
            x = grain(x, mix.origin)
        x = F.relu(second(binomial(x), mix))
        return torch.sigmoid(self.output(x, mix))


class Johnson(Generator):
    """Downsampling, residual blocks, upsampling (Johnson et al., 2016, supplement, table 1).

    Departures: instance instead of batch normalisation (Ulyanov et al., 2016); bilinear
    upsampling instead of transposed convolutions; reflection padding in every convolution
    instead of once around the picture; a sigmoid instead of a scaled tanh at the end.

    Args:
        attach: gives the injections of a site.
        width: channels of the first layer; the bottleneck has four times as many.
        blocks: residual blocks.
        grain: add noise behind the down-sampling part and the first up-sampling, see
            :class:`Grain`.
    """

    multiple_of = 4
    minimum_size = 16
    # Reflection shows a convolution half of what it sees twice, and feature networks of losses pad
    # with zeros: what is learned at the edges is a faint frame.
    margin = 16

    def __init__(
        self,
        attach: Attach,
        *,
        width: Annotated[int, at_least(1)] = 32,
        blocks: Annotated[int, at_least(1)] = 5,
        grain: bool = False,
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(
            [  # type: ignore[assignment]
                Down(width, attach),
                Bottleneck(4 * width, attach, grain=grain),
                *(Block(f"block{i + 1}", 4 * width, attach) for i in range(blocks)),
                Up(width, attach, grain=grain),
            ]
        )
        self.sites = tuple(m.site for m in self.modules() if isinstance(m, Injected))

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the bottleneck map for every site of the same channels and stride.

        Behind the bottleneck the features depend on the style, so the map in front of it is the
        only style-free one; at the later sites its meaning is learned.
        """
        channels = self.stages[0].channels_out
        # The down-sampling part carries no style in any built-in configuration.
        trunk = self.stages[0](image, None)
        return {
            s.name: trunk
            for s in self.sites
            if s.channels == channels and s.stride == 4 and not s.name.startswith("down")
        }
