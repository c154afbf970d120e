"""The encoder-decoder generator whose sites know the shallower layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix import Generator, StyleMix
from stylemix.backbones import LAYERS
from stylemix.generators import (
    Attach,
    Decode,
    Decoder,
    Injected,
    Layers,
    Packing,
    Stage,
    Trunk,
    check_layer,
)
from stylemix.plugins import at_least
from stylemix_adaattn.injection import KeyedSite

KEYS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Layers that places are compared by, the first of each block as in the paper."""


class Stacks:
    """From the maps of a network to one map for each site: shallower layers, and its own last.

    ``F^(1:x) = D_x(F^1) + ... + F^x`` (Liu et al., 2021, section 3.2), where + puts channels side
    by side. D_x shrinks by averaging, which every tile can do for itself; the paper's is bilinear.

    Args:
        layers: of the sites, from fine to coarse.
        channels: of each layer of the network.
    """

    def __init__(self, layers: Sequence[str], channels: Mapping[str, int]) -> None:
        self.layers = tuple(layers)
        last = check_layer(self.layers[-1])
        self.needed = sorted(
            {k for k in KEYS if check_layer(k) < last} | set(layers), key=check_layer
        )
        first = check_layer(self.layers[0])
        # Everything up to the first site in one map at its stride, deeper layers as they are.
        self.start = [k for k in self.needed if check_layer(k) <= first]
        self.rest = [k for k in self.needed if check_layer(k) > first]
        self.channels = {layer: channels[layer] for layer in self.rest}
        self.channels[self.layers[0]] = sum(channels[k] for k in self.start)
        self.totals = {
            layer: sum(channels[k] for k in self.members(layer)) for layer in self.layers
        }

    def members(self, layer: str) -> list[str]:
        """Return the layers of a site's stack, its own last."""
        depth = check_layer(layer)
        return [
            k
            for k in self.needed
            if check_layer(k) <= depth and (k in KEYS or k in self.start or k == layer)
        ]

    def gather(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the first site's stack under its name, and deeper layers under theirs."""
        stride = LAYERS[self.layers[0]].stride
        start = [_shrink(maps[k], stride // LAYERS[k].stride) for k in self.start]
        return {self.layers[0]: torch.cat(start, dim=1), **{k: maps[k] for k in self.rest}}

    def stack(self, gathered: Mapping[str, Tensor], layer: str) -> Tensor:
        """Return a site's stack from what :meth:`gather` gave."""
        first, stride = self.layers[0], LAYERS[layer].stride
        names = [first, *(k for k in self.members(layer) if k in self.rest)]
        return torch.cat([_shrink(gathered[k], stride // LAYERS[k].stride) for k in names], dim=1)


def _shrink(x: Tensor, factor: int) -> Tensor:
    return F.avg_pool2d(x, factor) if factor > 1 else x


class Encode(Stage):
    """From picture to the packed maps that stacks are made of."""

    def __init__(self, trunk: Trunk, stacks: Stacks, packing: Packing) -> None:
        reach = max(LAYERS[layer].reach for layer in stacks.needed)
        super().__init__(
            stride_in=1,
            stride_out=packing.stride,
            halo=-(-reach // packing.stride) * packing.stride,
            channels_out=sum(packing.sizes),
        )
        self.stacks = stacks
        self.packing = packing
        self._trunk = (trunk,)  # the generator's own: a second registration would save it twice

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn a picture [B, 3, H, W] in [0, 1] into packed maps."""
        return self.packing.pack(self.stacks.gather(self._trunk[0](x, self.stacks.needed)))


class Sites(Stage):
    """From packed maps to the packed layers of the sites, in their style."""

    def __init__(
        self, stacks: Stacks, packing: Packing, channels: Mapping[str, int], attach: Attach
    ) -> None:
        injected = {
            layer: Injected(
                KeyedSite(
                    layer, "map", stacks.totals[layer], LAYERS[layer].stride, channels[layer]
                ),
                attach,
            )
            for layer in stacks.layers
        }
        self.out = Packing(stacks.layers, channels)
        reach = max(i.reach * i.site.stride for i in injected.values())
        super().__init__(
            stride_in=packing.stride,
            stride_out=packing.stride,
            halo=-(-reach // packing.stride),
            channels_out=sum(self.out.sizes),
        )
        self.own = {layer: channels[layer] for layer in stacks.layers}
        self.stacks = stacks
        self.packing = packing
        self.injected = nn.ModuleDict(injected)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture at every site."""
        gathered = self.packing.unpack(x)
        return self.out.pack(
            {
                layer: self.injected[layer](self.stacks.stack(gathered, layer), mix)[:, -own:]
                for layer, own in self.own.items()
            }
        )


class KeyedVGG(Generator):
    """A frozen feature network, sites that compare by all layers up to theirs, and a decoder.

    The sites are ``KeyedSite``, named as their layers. Maps of the deepest block are added, and
    those of shallower blocks join the decoder on its way up (Liu et al., 2021, section 3.2), as
    in the generator ``vgg``, whose network and decoder these are.

    Args:
        attach: gives the injections of a site.
        features: the network, ``"thin-encoder"`` or ``"vgg16"``; see the generator ``vgg``.
        layers: where the sites are. The paper's are relu3_1, relu4_1 and relu5_1 of VGG-19.
        width: of the decoder's maps; see the generator ``vgg``.

    Raises:
        ConfigError: an unknown network or layer, no layer at all, or one twice.
        WeightsError: the weights of ``features`` can't be had.
    """

    def __init__(
        self,
        attach: Attach,
        *,
        features: str = "thin-encoder",
        layers: Layers = ("relu3_1", "relu4_1", "relu4_3"),
        width: Annotated[int, at_least(1)] = 1,
    ) -> None:
        super().__init__()
        ordered = sorted(layers, key=check_layer)
        self.trunk = Trunk(features, ordered[-1])
        channels = self.trunk.channels
        self._stacks = Stacks(ordered, channels)
        packing = Packing([ordered[0], *self._stacks.rest], self._stacks.channels)
        self.decoder = Decoder(ordered, channels, width=width)
        sites = Sites(self._stacks, packing, channels, attach)
        self.stages = nn.ModuleList(
            [  # type: ignore[assignment]
                Encode(self.trunk, self._stacks, packing),
                sites,
                Decode(self.decoder, sites.out),
            ]
        )
        self.multiple_of = LAYERS[ordered[-1]].stride
        self.minimum_size = 2 * self.multiple_of  # reflection needs two pixels at every layer
        self.sites = tuple(m.site for m in self.modules() if isinstance(m, Injected))

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the stack at every site of pictures [N, 3, H, W] in [0, 1], by its name."""
        gathered = self._stacks.gather(self.trunk(image, self._stacks.needed))
        return {layer: self._stacks.stack(gathered, layer) for layer in self._stacks.layers}
