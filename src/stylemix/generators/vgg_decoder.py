"""The decoder of an encoder-decoder generator: the feature network's mirror image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import LAYERS
from stylemix.generators.blocks import double


class Decoder(nn.Module):
    """From feature maps back to a picture (Huang and Belongie, 2017, section 6).

    One 3x3 convolution undoes each convolution of the trunk, and bilinear upsampling each
    max-pool (:func:`~stylemix.generators.blocks.double`: no checkerboard); padding is by
    reflection, and nothing is normalised, since that would give every style the same statistics.
    Departure: a sigmoid ends it, so that the picture lies in [0, 1].

    Where it gets several maps,

    - those of the deepest block are added and mixed by one 3x3 convolution (Park and Lee, 2019,
      section 3.1, ``conv(F_csc^r_4_1 + F_csc^r_5_1)``), and decoding begins at the first of them;
    - a map of a shallower block is concatenated to the decoder's own once that has come to its
      layer (the skip of Liu et al., 2021, section 3.2).

    Args:
        layers: of the maps, in any order.
        channels: of each layer of the trunk.
        width: how many times the trunk's channels the maps between the convolutions have. A trunk
            describes, and a decoder has to draw: strokes that no map holds come out of its weights.
    """

    def __init__(
        self, layers: Sequence[str], channels: Mapping[str, int], *, width: int = 1
    ) -> None:
        super().__init__()
        ordered = [layer for layer in LAYERS if layer in layers]
        block = LAYERS[ordered[-1]].block
        self.deep = [layer for layer in ordered if LAYERS[layer].block == block]
        self.skips = [layer for layer in ordered if LAYERS[layer].block != block]
        start = self.deep[0]
        self.merge = None
        if len(self.deep) > 1:
            self.merge = nn.Conv2d(channels[start], channels[start], 3)
        shallower = list(LAYERS)
        self.path = tuple(shallower[shallower.index(start) :: -1])
        self.convolutions = nn.ModuleDict()
        inside = channels[start]
        for layer, target in zip(self.path, [*self.path[1:], None], strict=True):
            joined = channels[layer] if layer in self.skips else 0
            outside = width * channels[target] if target else 3
            convolution = nn.Conv2d(inside + joined, outside, 3)
            inside = outside
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu" if target else "linear")
            assert convolution.bias is not None
            nn.init.zeros_(convolution.bias)
            self.convolutions[layer] = convolution

    def forward(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Return pictures [B, 3, H, W] in [0, 1] from one map [B, C, h, w] a layer."""
        x = maps[self.deep[0]]
        if self.merge is not None:
            for layer in self.deep[1:]:
                x = x + maps[layer]
            x = _convolve(self.merge, x)
        for layer in self.path:
            if layer in self.skips:
                x = torch.cat([x, maps[layer]], dim=1)
            x = _convolve(self.convolutions[layer], x)
            if layer == self.path[-1]:
                return torch.sigmoid(x)
            x = F.relu(x)
            if LAYERS[layer].pooled:
                x = double(x)
        raise AssertionError("every path ends at the first layer")

    @property
    def reach(self) -> int:
        """Return how far, in picture pixels, a value of the picture sees beyond its place."""
        merged = LAYERS[self.deep[0]].stride if self.merge is not None else 0
        path = [LAYERS[layer] for layer in self.path]
        doubled = sum(layer.stride for layer in path if layer.pooled)
        return merged + doubled + sum(layer.stride for layer in path)


def _convolve(convolution: nn.Module, x: Tensor) -> Tensor:
    return convolution(F.pad(x, (1, 1, 1, 1), mode="reflect"))  # type: ignore[no-any-return]
