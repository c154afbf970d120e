"""A lean generator: a strided stem, separable blocks at a quarter of the size, a narrow head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.generators.base import Attach, Generator, Injected, Stage
from stylemix.generators.blocks import NORM_EPSILON, ConvUnit, affine, double
from stylemix.generators.grain import Grain
from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments
from stylemix.plugins.rules import at_least, multiple_of
from stylemix.types import Site

KERNEL = 5
"""Side of the depthwise kernels, 20 picture pixels a block at a quarter of the size, and of the
output's."""


class Stem(Stage):
    """Two 3x3 convolutions of stride 2, each with its normalisation and ReLU, and grain."""

    def __init__(self, width: int, attach: Attach) -> None:
        # 1 pixel for the first, 2 for the second; a multiple of the stride.
        super().__init__(stride_in=1, stride_out=4, halo=4, channels_out=width)
        self.units = nn.ModuleList(
            [
                ConvUnit("down1", 3, width // 3, 3, attach, stride_in=1, stride=2),
                ConvUnit("down2", width // 3, width, 3, attach, stride_in=2, stride=2),
            ]
        )

    def forward(self, x: Tensor, mix: StyleMix | None) -> Tensor:
        """Turn a picture [B, 3, H, W] in [0, 1] into a map [B, width, H/4, W/4]."""
        x = x * 2 - 1
        for unit in self.units:
            x = F.relu(unit(x, mix))
        return x


class Bottleneck(Stage):
    """Grain, and the place between stem and blocks where map injections act."""

    def __init__(self, width: int, attach: Attach) -> None:
        injected = Injected(Site("bottleneck", "map", width, 4), attach)
        super().__init__(stride_in=4, stride_out=4, halo=injected.reach, channels_out=width)
        self.grain = Grain(width, 4)
        self.injected = injected

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture to the map [B, C, h, w]."""
        return self.injected(self.grain(x, mix.origin), mix)


class Depthwise(nn.Module):
    """A depthwise convolution, normalised, with a site behind it and one before the next layer.

    What follows is pointwise, so a vector concatenated at the ``"conv"`` site acts as a learned
    offset of its output; normalised as the features are, none is subtracted again before it acts.
    """

    def __init__(self, name: str, channels: int, attach: Attach) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, KERNEL, groups=channels, bias=False)
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="linear")
        self.moments = ContentMoments(NORM_EPSILON, stride=4)
        self.after = Injected(Site(f"{name}.norm", "norm", channels, 4), attach)
        self.before_next = Injected(Site(f"{name}.conv", "conv", channels, 4), attach)
        if len(self.after) and len(self.before_next):
            raise ConfigError(
                f"injections are attached to both {name}.norm and {name}.conv; a block takes one "
                "or the other: narrow their 'sites' down"
            )
        plain = not len(self.after)
        self.weight = nn.Parameter(torch.ones(channels)) if plain else None
        self.bias = nn.Parameter(torch.zeros(channels)) if plain else None

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn [B, C, h, w] into [B, C + extra channels, h, w]."""
        x = self.moments.normalize(self.conv(F.pad(x, (KERNEL // 2,) * 4, mode="reflect")))
        if self.weight is not None and self.bias is not None:
            x = affine(x, self.weight, self.bias)
        return self.before_next(self.after(x, mix), mix)


class Block(Stage):
    """Depthwise 5x5, two 1x1 convolutions, a skip, and the map site behind them.

    The inverted bottleneck of MobileNetV2 (Sandler et al., 2018) in the order of ConvNeXt (Liu et
    al., 2022, section 2.4): the depthwise convolution first, at few channels.
    """

    def __init__(self, name: str, width: int, inner: int, attach: Attach) -> None:
        injected = Injected(Site(f"{name}.out", "map", width, 4), attach)
        super().__init__(
            stride_in=4, stride_out=4, halo=KERNEL // 2 + injected.reach, channels_out=width
        )
        self.depthwise = Depthwise(f"{name}.1", width, attach)
        self.expand = nn.Conv2d(width + self.depthwise.before_next.extra_channels, inner, 1)
        nn.init.kaiming_normal_(self.expand.weight, nonlinearity="relu")
        nn.init.zeros_(self.expand.bias)  # type: ignore[arg-type]
        self.project = ConvUnit(f"{name}.2", inner, width, 1, attach, stride_in=4)
        self.injected = injected

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn [B, C, h, w] into [B, C, h, w]."""
        inside = F.relu(self.expand(self.depthwise(x, mix)))
        return self.injected(x + self.project(inside, mix), mix)


class Head(Stage):
    """Two 3x3 convolutions, each *in front of* its upsampling, and a 5x5 output layer.

    Convolutions at the smaller size cost a quarter. Upsampled is what the ReLU has not seen yet, so
    that edges, where it cuts, are sharp at the larger size although the maps are smooth.
    """

    def __init__(self, width: int, attach: Attach) -> None:
        # 1 for the first 3x3, 1 and half of that for the two upsamplings, a half for the second
        # 3x3 and a half for the 5x5.
        super().__init__(stride_in=4, stride_out=1, halo=4, channels_out=3)
        self.units = nn.ModuleList(
            [
                ConvUnit("up1", width, width // 2, 3, attach, stride_in=4),
                ConvUnit("up2", width // 2, width // 4, 3, attach, stride_in=2),
            ]
        )
        self.grain = Grain(width // 2, 2)
        self.output = ConvUnit("output", width // 4, 3, KERNEL, attach, stride_in=1, padded=True)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn the map [B, width, h, w] into a picture [B, 3, 4h, 4w] in [0, 1]."""
        first, second = self.units
        x = F.relu(self.grain(double(first(x, mix)), mix.origin))
        x = second(x, mix)
        if not self.output.pad:
            # What the output layer sees beyond the border is repeated, not reflected: done before
            # enlarging, that is the same at a quarter of the bytes. Only a picture's last two
            # pixels differ from a reflection's, and the margin cuts them off.
            x = F.pad(x, (KERNEL // 4,) * 4, mode="replicate")
        x = F.relu(double(x))
        return torch.sigmoid(self.output(x, mix))


class Lean(Generator):
    """A generator for two CPU cores: 7.5 G multiply-adds at 512 x 512, a quarter of Johnson's.

    A strided stem brings the picture to a quarter of its size at once, where residual blocks of
    depthwise and pointwise convolutions (see :class:`Block`) do the work; the head is narrow and
    convolves before it enlarges. Grain and instance normalisation are those of
    :class:`stylemix.generators.Johnson`; the arrangement is not from a paper.

    Args:
        attach: gives the injections of a site.
        width: channels of the blocks, a multiple of 12.
        blocks: residual blocks.
        expansion: the blocks' inner channels, in widths; rounded to whole channels.
    """

    multiple_of = 4
    minimum_size = 16
    # As for the Johnson generator; smaller kernels need less.
    margin = 8

    def __init__(
        self,
        attach: Attach,
        *,
        width: Annotated[int, at_least(12), multiple_of(12)] = 96,
        blocks: Annotated[int, at_least(1)] = 8,
        expansion: Annotated[float, at_least(0.5)] = 2,
    ) -> None:
        super().__init__()
        inner = round(expansion * width)
        self.stages = nn.ModuleList(
            [  # type: ignore[assignment]
                Stem(width, attach),
                Bottleneck(width, attach),
                *(Block(f"block{i + 1}", width, inner, attach) for i in range(blocks)),
                Head(width, attach),
            ]
        )
        self.sites = tuple(m.site for m in self.modules() if isinstance(m, Injected))

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the stem's map for every site of the same channels and stride.

        Behind the stem the features depend on the style, so its map is the only style-free one.
        """
        trunk = self.stages[0](image, None)
        return {
            s.name: trunk
            for s in self.sites
            if s.channels == trunk.shape[1] and s.stride == 4 and not s.name.startswith("down")
        }
