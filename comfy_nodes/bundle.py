"""Encoded paintings with weights and masks: what the STYLEMIX_STYLE wire carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from stylemix import Style, Stylizer

from .curves import Curve
from .errors import NodeError
from .pictures import fit_mask


@dataclass(frozen=True)
class Region:
    """Where a style holds.

    Attributes:
        mask: [B, H, W] in [0, 1]: one for every picture, or one a picture.
        inverted: the style holds where the mask is black.
        source: the input that it came from, for messages.
    """

    mask: Tensor
    inverted: bool
    source: str

    def check(self, count: int, height: int, width: int) -> None:
        """Check that the mask fits ``count`` pictures of ``height`` x ``width`` pixels.

        Raises:
            NodeError: another number of masks than pictures, or other proportions.
        """
        if len(self.mask) not in (1, count):
            raise NodeError(
                f"{self.source}: {len(self.mask)} masks for {count} pictures: give "
                "one mask, or one a picture"
            )
        fit_mask(self.mask[0], height, width, self.source)

    def at(self, number: int, height: int, width: int) -> Tensor:
        """Return the region [height, width] in picture ``number``."""
        own = self.mask[number if len(self.mask) > 1 else 0]
        fitted = fit_mask(own, height, width, self.source)
        return 1 - fitted if self.inverted else fitted


@dataclass(frozen=True)
class Part:
    """One painting of a bundle.

    Attributes:
        style: what the model made of it.
        weight: its share where no mask decides.
        regions: it holds where all of them do; everywhere when there is none.
        curves: what its share is multiplied by from frame to frame.
    """

    style: Style
    weight: float
    regions: tuple[Region, ...] = ()
    curves: tuple[Curve, ...] = ()

    def weight_at(self, number: int, count: int) -> float:
        """Return its share in picture ``number`` of ``count``."""
        weight = self.weight
        for curve in self.curves:
            weight *= curve.at(number, count)
        return weight

    def mask(self, number: int, height: int, width: int) -> Tensor:
        """Return the mask [1, height, width] for picture ``number``."""
        out = torch.ones(height, width)
        for region in self.regions:
            out = out * region.at(number, height, width)
        return out[None]


@dataclass(frozen=True)
class StyleBundle:
    """One or several paintings as one style.

    Masks are kept as they came and multiplied picture by picture, so that a video's masks take
    no more memory than they did.

    Attributes:
        stylizer: the model that encoded them all.
        parts: the paintings; their weights sum to one in every picture.
    """

    stylizer: Stylizer
    parts: tuple[Part, ...]

    @classmethod
    def equal(cls, stylizer: Stylizer, styles: Iterable[Style]) -> StyleBundle:
        """Return the bundle in which every style weighs the same."""
        found = list(styles)
        return cls(stylizer, tuple(Part(style, 1 / len(found)) for style in found))

    @property
    def masked(self) -> bool:
        """Whether any part is limited to a region."""
        return any(part.regions for part in self.parts)

    def within(self, region: Region | None) -> StyleBundle:
        """Limit every part to a region; None changes nothing."""
        if region is None:
            return self
        return replace(
            self, parts=tuple(replace(part, regions=(*part.regions, region)) for part in self.parts)
        )

    def scaled(self, factor: float | Curve) -> tuple[Part, ...]:
        """Return the parts with their weights multiplied, in all pictures alike or by a curve."""
        if isinstance(factor, Curve):
            return tuple(replace(part, curves=(*part.curves, factor)) for part in self.parts)
        return tuple(replace(part, weight=part.weight * factor) for part in self.parts)

    def check(self, count: int, height: int, width: int) -> None:
        """Check that every mask fits ``count`` pictures of ``height`` x ``width`` pixels.

        Raises:
            NodeError: naming the input that the mask came from.
        """
        for part in self.parts:
            for region in part.regions:
                region.check(count, height, width)

    def weights(self, number: int, count: int) -> list[float]:
        """Return each part's weight in picture ``number`` of ``count``."""
        return [part.weight_at(number, count) for part in self.parts]

    def masks(self, number: int, height: int, width: int) -> list[Tensor] | None:
        """Return each part's mask [1, height, width] for picture ``number``; None without masks."""
        if not self.masked:
            return None
        return [part.mask(number, height, width) for part in self.parts]
