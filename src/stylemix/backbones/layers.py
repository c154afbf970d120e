"""The layers of VGG-16's first four blocks: one table of everything that is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_CONVOLUTIONS = (2, 2, 3, 3)
"""Convolutions of each block (Simonyan and Zisserman, 2015, table 1, column D)."""


@dataclass(frozen=True)
class Layer:
    """The map behind one convolution of VGG-16 and its ReLU.

    Attributes:
        name: ``"relu3_2"`` for the second convolution of the third block.
        number: of the convolution in torchvision's ``vgg16.features``; its ReLU is the next one.
        block: from 1 to 4.
        first: whether it is its block's first layer.
        stride: picture pixels per pixel of the map.
        reach: how far, in picture pixels, a value of the map sees beyond its own place.
    """

    name: str
    number: int
    block: int
    first: bool
    stride: int
    reach: int

    @property
    def pooled(self) -> bool:
        """Whether a max-pool of stride 2 stands in front of the convolution."""
        return self.first and self.block > 1


def _table() -> dict[str, Layer]:
    found = {}
    number = reach = 0
    for block, count in enumerate(_CONVOLUTIONS, 1):
        stride = 2 ** (block - 1)
        if block > 1:
            number += 1  # the pool's own
            reach += stride // 2
        for position in range(1, count + 1):
            reach += stride
            name = f"relu{block}_{position}"
            found[name] = Layer(name, number, block, position == 1, stride, reach)
            number += 2  # the convolution and its ReLU
    return found


LAYERS: Mapping[str, Layer] = MappingProxyType(_table())
"""The layers by name, from ``"relu1_1"`` to ``"relu4_3"``, shallow ones first."""

BLOCK_ENDS = tuple({layer.block: name for name, layer in LAYERS.items()}.values())
"""The last layer of each block, ``relu1_2``, ``relu2_2``, ``relu3_3`` and ``relu4_3``: those that
Gram matrices are made of (Johnson et al., 2016) and that every feature network has."""

_DEEPEST = LAYERS[BLOCK_ENDS[-1]]

TILE_UNIT = _DEEPEST.stride
"""Pixels that tiles begin at multiples of, so that they are whole in every map."""

HALO = -(-_DEEPEST.reach // TILE_UNIT) * TILE_UNIT
"""Pixels around a tile with which every layer sees in it what it sees in the whole picture."""
