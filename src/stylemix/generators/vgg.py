"""Encoder and decoder around feature maps: the generator of AdaIN, WCT, style swap and SANet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import LAYERS
from stylemix.generators.base import Attach, Generator, Injected, Stage
from stylemix.generators.vgg_decoder import Decoder
from stylemix.generators.vgg_trunk import OWN, Trunk, check_layer
from stylemix.injections.style import StyleMix
from stylemix.plugins.rules import DISTINCT, NOT_EMPTY, at_least, one_of
from stylemix.types import Site

Layers = Annotated[Sequence[Annotated[str, one_of(LAYERS)]], NOT_EMPTY, DISTINCT]
"""An option that lists layers of the feature network."""


class Packing:
    """Several maps as one, so that they can travel between stages: finer ones go into channels.

    Args:
        layers: of the maps, from fine to coarse.
        channels: of each layer.
    """

    def __init__(self, layers: Sequence[str], channels: Mapping[str, int]) -> None:
        self.layers = tuple(layers)
        self.stride = LAYERS[self.layers[-1]].stride
        self.factors = [self.stride // LAYERS[layer].stride for layer in self.layers]
        self.sizes = [
            channels[layer] * factor**2
            for layer, factor in zip(self.layers, self.factors, strict=True)
        ]

    def pack(self, maps: Mapping[str, Tensor]) -> Tensor:
        """Return one map [B, sum of sizes, h, w] of the coarsest one's height and width."""
        parts = [
            F.pixel_unshuffle(maps[layer], factor) if factor > 1 else maps[layer]
            for layer, factor in zip(self.layers, self.factors, strict=True)
        ]
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]

    def unpack(self, x: Tensor) -> dict[str, Tensor]:
        """Return the maps back, by layer."""
        parts = x.split(self.sizes, dim=1) if len(self.sizes) > 1 else (x,)
        return {
            layer: F.pixel_shuffle(part, factor) if factor > 1 else part
            for layer, factor, part in zip(self.layers, self.factors, parts, strict=True)
        }


class Encode(Stage):
    """From picture to packed maps."""

    def __init__(self, trunk: Trunk, packing: Packing) -> None:
        super().__init__(
            stride_in=1,
            stride_out=packing.stride,
            halo=_whole(LAYERS[packing.layers[-1]].reach, packing.stride),
            channels_out=sum(packing.sizes),
        )
        self.packing = packing
        self._trunk = (trunk,)  # the generator's own: a second registration would save it twice

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn a picture [B, 3, H, W] in [0, 1] into packed maps."""
        return self.packing.pack(self._trunk[0](x, self.packing.layers))


class Sites(Stage):
    """The maps between encoder and decoder, one site a layer."""

    def __init__(self, packing: Packing, channels: Mapping[str, int], attach: Attach) -> None:
        injected = {
            layer: Injected(Site(layer, "map", channels[layer], LAYERS[layer].stride), attach)
            for layer in packing.layers
        }
        reach = max(i.reach * i.site.stride for i in injected.values())
        super().__init__(
            stride_in=packing.stride,
            stride_out=packing.stride,
            halo=-(-reach // packing.stride),
            channels_out=sum(packing.sizes),
        )
        self.packing = packing
        self.injected = nn.ModuleDict(injected)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture to each of the packed maps."""
        maps = self.packing.unpack(x)
        return self.packing.pack(
            {layer: self.injected[layer](maps[layer], mix) for layer in self.packing.layers}
        )


class Decode(Stage):
    """From packed maps to picture."""

    def __init__(self, decoder: Decoder, packing: Packing) -> None:
        super().__init__(
            stride_in=packing.stride,
            stride_out=1,
            halo=-(-decoder.reach // packing.stride),
            channels_out=3,
        )
        self.packing = packing
        self._decoder = (decoder,)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn packed maps into a picture [B, 3, H, W] in [0, 1]."""
        return self._decoder[0](self.packing.unpack(x))  # type: ignore[no-any-return]


class VGG(Generator):
    """A frozen feature network, sites on its maps, and a trained decoder.

    There is one site, of the slot ``"map"``, for each layer in ``layers``; it is named as the
    layer, ``"relu4_1"``. :meth:`features` gives the very maps that stand at the sites, so an
    injection that needs ``"site"`` meets photograph and painting in one space, and the classical
    identities hold exactly. With ``encoder = {"name": "none"}`` nothing else is computed.

    An injection reaches several sites as everywhere: one instance is built for each site that
    its patterns match, with that layer's channels, its own weights and its own prepared style.
    How their results come together is the decoder's business (:class:`Decoder`): layers of the
    deepest block are added, shallower ones join on the way up.

    With ``cascade`` every layer has a decoder of its own, and the picture goes through all of
    them one after the other, the deepest layer first (Li et al., 2017, section 3.3): each level
    encodes the picture that the level before it made.

    A ``Sites`` stage has the halo that its injections ask for (:attr:`Injection.reach`), so tiles
    equal the whole picture.

    Args:
        attach: gives the injections of a site.
        features: the network, ``"thin-encoder"`` (ships with stylemix; saved with the model) or
            ``"vgg16"`` (never saved; read from the safetensors file that the environment
            variable ``STYLEMIX_VGG16`` names, or through torchvision).
        layers: where the sites are; the deepest is how deep the network is.
        cascade: see above.
        width: of the decoder's maps, as a multiple of the network's channels.

    Raises:
        ConfigError: an unknown network or layer, no layer at all, or one twice.
        WeightsError: the weights of ``features`` can't be had.
    """

    def __init__(
        self,
        attach: Attach,
        *,
        features: str = OWN,
        layers: Layers = ("relu4_1",),
        cascade: bool = False,
        width: Annotated[int, at_least(1)] = 1,
    ) -> None:
        super().__init__()
        ordered = sorted(layers, key=check_layer)
        self.trunk = Trunk(features, ordered[-1])
        groups = [(layer,) for layer in reversed(ordered)] if cascade else [tuple(ordered)]
        self.decoders = nn.ModuleDict()
        stages: list[Stage] = []
        for group in groups:
            packing = Packing(group, self.trunk.channels)
            decoder = Decoder(group, self.trunk.channels, width=width)
            self.decoders[group[-1]] = decoder
            stages += [
                Encode(self.trunk, packing),
                Sites(packing, self.trunk.channels, attach),
                Decode(decoder, packing),
            ]
        self.stages = nn.ModuleList(stages)  # type: ignore[assignment]
        self.multiple_of = LAYERS[ordered[-1]].stride
        self.minimum_size = 2 * self.multiple_of  # reflection needs two pixels at every layer
        self.sites = tuple(m.site for m in self.modules() if isinstance(m, Injected))

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the trunk's map at every site; see :meth:`Generator.features`."""
        return self.trunk(image, [site.name for site in self.sites])


def _whole(pixels: int, stride: int) -> int:
    """Round up to a multiple."""
    return -(-pixels // stride) * stride
