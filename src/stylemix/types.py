"""The small types that every part of stylemix shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

StyleCode = Mapping[str, Tensor]
"""What an encoder says of N styles: the vectors of :data:`VECTORS`, each [N, D]; any other name is
a map [N, C, h, w]."""

VECTORS = ("embedding", "palette")
"""Names of a code's vectors: ``"embedding"`` is the style, or its texture where an encoder gives
the colours apart as ``"palette"``."""

Spec = Mapping[str, Any]
"""A component and its options, ``{"name": "film", **options}``: JSON in, JSON out."""

SLOTS = ("norm", "conv", "map")


@dataclass(frozen=True)
class Site:
    """One place in a generator where injections may act.

    Attributes:
        name: unique in its generator, such as ``"block3.norm1"``.
        slot: what the features are. ``"norm"``: a normalised map whose learned affine the
            injection replaces; ``"conv"``: the normalised input of a convolution, which the
            injection may widen by ``extra_channels``; ``"map"``: any other feature map.
        channels: channels of the features.
        stride: picture pixels per feature pixel.
        kernel: side of the kernel that reads the features, at a ``"conv"`` site.
    """

    name: str
    slot: str
    channels: int
    stride: int
    kernel: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class Box:
    """A rectangle in picture pixels."""

    top: int
    left: int
    height: int
    width: int

    def slices(self) -> tuple[slice, slice]:
        """Give the row and column slices of this rectangle."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )
