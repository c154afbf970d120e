"""The loss of a picture and its gradient, at once or tile by tile.

Content is a sum over positions and comes apart into tiles by itself. Style is a function of Gram
matrices, which are sums over the *whole* picture; so a first pass over the tiles adds these up,
the loss is differentiated with respect to them, and a second pass pushes that gradient back
through the features of each tile. Nothing is approximated: with a halo as wide as the network
sees, the result is the untiled gradient up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS, HALO, LAYERS, TILE_UNIT
from stylemix.ops import gram_error, gram_sum
from stylemix.optimization.extractor import FeatureExtractor, shrink
from stylemix.optimization.targets import Grams, Region, mixed, regions, style_grams
from stylemix.types import Box

CONTENT_LAYER = "relu3_3"


@dataclass(frozen=True)
class Losses:
    """The two losses of a picture.

    Attributes:
        content: ``||F_y - F_c||^2 / ||F_c||^2`` at relu3_3.
        style: ``||G_y - G_s|| / ||G_s||``, mean over four layers and over the regions by area. The
            distance itself, not its square, whose pull fades where the style is nearly reached.
    """

    content: float
    style: float


class Loss(Protocol):
    """What an optimizer goes down: the losses of a picture and their gradient.

    Attributes:
        style_weight: of the style loss against the content loss.
    """

    style_weight: float

    def __call__(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses of a picture [1, 3, H, W] and the gradient of their weighted sum."""


class MakeLoss(Protocol):
    """Makes the losses of one photograph and its paintings; they are on the device to work on."""

    def __call__(
        self,
        extractor: FeatureExtractor,
        content: Tensor,
        paintings: Sequence[Tensor],
        weight_maps: Sequence[Tensor],
        *,
        style_weight: float,
        strength: float,
        tile: int,
    ) -> Loss:
        """Make them.

        Args:
            extractor: what to compare pictures by.
            content: the photograph [1, 3, H, W] in [0, 1], at least 16 x 16.
            paintings: each [1, 3, h, w] in [0, 1].
            weight_maps: one per painting, as :func:`stylemix.optimization.targets.regions` takes
                them.
            style_weight: of the style loss against the content loss.
            strength: in [0, 1]; at 0 the photograph is the optimum.
            tile: side of a tile in pixels; 0 takes the whole picture at once.
        """


class PictureLoss:
    """Content and style loss of one picture against a photograph and paintings.

    Args:
        extractor: what to compare pictures by.
        content: the photograph [1, 3, H, W] in [0, 1], at least 16 x 16.
        styles: the paintings' Gram matrices.
        regions: where they hold.
        style_weight: of the style loss against the content loss.
        strength: in [0, 1]; below one the style target moves towards the photograph's own Gram
            matrices, ``(1 - strength) G_c + strength G_s``: the photograph itself is the optimum
            at 0.
        tile: side of a tile in pixels; 0 takes the whole picture at once.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        content: Tensor,
        styles: Sequence[Grams],
        regions: Sequence[Region],
        *,
        style_weight: float,
        strength: float = 1.0,
        tile: int = 0,
    ) -> None:
        self.extractor = extractor
        self.regions = list(regions)
        self.style_weight = style_weight
        self.height, self.width = content.shape[-2:]
        self.boxes = Box.tiles(self.height, self.width, tile, TILE_UNIT)
        self._keep_content(content)
        self.targets = [
            mixed([*styles, own], [*(strength * w for w in region.styles), 1 - strength])
            for region, own in zip(self.regions, self._grams, strict=True)
        ]

    @torch.no_grad()
    def _keep_content(self, content: Tensor) -> None:
        """Keep the photograph's content map, its length, and its Gram matrices by region."""
        self.content: Tensor | None = None
        self.content_norm = 0.0
        self.weights: list[dict[str, Tensor]] = [{} for _ in self.regions]
        for layer in BLOCK_ENDS:
            stride = LAYERS[layer].stride
            like = content.new_empty(1, 1, self.height // stride, self.width // stride)
            for region, kept in zip(self.regions, self.weights, strict=True):
                if region.weight is not None:
                    kept[layer] = shrink(region.weight.to(content.device), like)
        self._grams = [{layer: torch.zeros(()) for layer in BLOCK_ENDS} for _ in self.regions]
        for box in self.boxes:
            features = self._extract(content, box)
            x = features[CONTENT_LAYER]
            own = self._on_map(box, CONTENT_LAYER)
            if self.content is None:
                stride = LAYERS[CONTENT_LAYER].stride
                self.content = x.new_empty(
                    1, x.shape[1], self.height // stride, self.width // stride
                )
            rows, columns = own.slices()
            self.content[:, :, rows, columns] = x
            self.content_norm += float(x.square().sum())
            self._add_grams(features, box, self._grams)
        self.content_norm = max(self.content_norm, 1e-12)

    def __call__(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses of a picture [1, 3, H, W] and the gradient of their weighted sum."""
        if len(self.boxes) == 1:
            return self._whole(image)
        return self._in_tiles(image)

    def _whole(self, image: Tensor) -> tuple[Losses, Tensor]:
        pixels = image.detach().requires_grad_()
        features = self._extract(pixels, self.boxes[0])
        content = self._content(features, self.boxes[0])
        grams: list[Grams] = [dict.fromkeys(BLOCK_ENDS, torch.zeros(())) for _ in self.regions]
        self._add_grams(features, self.boxes[0], grams)
        style = self._style(grams)
        (gradient,) = torch.autograd.grad(content + self.style_weight * style, pixels)
        return Losses(float(content.detach()), float(style.detach())), gradient

    def _in_tiles(self, image: Tensor) -> tuple[Losses, Tensor]:
        sums: list[Grams] = [dict.fromkeys(BLOCK_ENDS, torch.zeros(())) for _ in self.regions]
        with torch.no_grad():
            for box in self.boxes:
                self._add_grams(self._extract(image, box), box, sums)
        leaves = [{k: g.requires_grad_() for k, g in grams.items()} for grams in sums]
        style = self._style(leaves)
        flat = [g for grams in leaves for g in grams.values()]
        pushes = torch.autograd.grad(self.style_weight * style, flat)
        gradient = torch.zeros_like(image)
        content = 0.0
        for box in self.boxes:
            outer = box.grown(HALO, self.height, self.width)
            rows, columns = outer.slices()
            pixels = image[:, :, rows, columns].detach().requires_grad_()
            features = self._crop(self.extractor.extract(pixels), box, outer)
            part = self._content(features, box)
            grams: list[Grams] = [dict.fromkeys(BLOCK_ENDS, torch.zeros(())) for _ in self.regions]
            self._add_grams(features, box, grams)
            own = [g for each in grams for g in each.values()]
            total = part + sum((p * g).sum() for p, g in zip(pushes, own, strict=True))
            (found,) = torch.autograd.grad(total, pixels)
            gradient[:, :, rows, columns] += found
            content += float(part.detach())
        return Losses(content, float(style.detach())), gradient

    def _extract(self, image: Tensor, box: Box) -> dict[str, Tensor]:
        """Return the maps of one tile, extracted with its halo."""
        outer = box.grown(HALO, self.height, self.width)
        rows, columns = outer.slices()
        return self._crop(self.extractor.extract(image[:, :, rows, columns]), box, outer)

    def _crop(self, features: dict[str, Tensor], box: Box, outer: Box) -> dict[str, Tensor]:
        cropped = {}
        for layer, x in features.items():
            moved = self._on_map(box, layer).within(self._on_map(outer, layer))
            rows, columns = moved.slices()
            cropped[layer] = x[:, :, rows, columns]
        return cropped

    def _on_map(self, box: Box, layer: str) -> Box:
        return box.on_map(LAYERS[layer].stride)

    def _content(self, features: dict[str, Tensor], box: Box) -> Tensor:
        assert self.content is not None
        rows, columns = self._on_map(box, CONTENT_LAYER).slices()
        difference = features[CONTENT_LAYER] - self.content[:, :, rows, columns]
        return difference.square().sum() / self.content_norm

    def _add_grams(self, features: dict[str, Tensor], box: Box, grams: list[Grams]) -> None:
        """Add one tile's part of each region's Gram matrices, normalized by the whole region."""
        for layer in BLOCK_ENDS:
            x = features[layer]
            rows, columns = self._on_map(box, layer).slices()
            stride = LAYERS[layer].stride
            for own, weights in zip(grams, self.weights, strict=True):
                if layer in weights:
                    weight = weights[layer][:, :, rows, columns]
                    part = gram_sum(x, weight)[0]
                    part = part / weights[layer].sum().clamp_min(1e-6)
                else:
                    positions = (self.height // stride) * (self.width // stride)
                    part = gram_sum(x)[0] / positions
                own[layer] = own[layer].to(part.device) + part

    def _style(self, grams: list[Grams]) -> Tensor:
        total = torch.zeros((), device=next(iter(grams[0].values())).device)
        for found, target, region in zip(grams, self.targets, self.regions, strict=True):
            for layer in BLOCK_ENDS:
                distance = gram_error(found[layer], target[layer], rounding=1e-6)
                total = total + region.share * distance / len(BLOCK_ENDS)
        return total


def gram_objective(
    extractor: FeatureExtractor,
    content: Tensor,
    paintings: Sequence[Tensor],
    weight_maps: Sequence[Tensor],
    *,
    style_weight: float,
    strength: float,
    tile: int,
) -> PictureLoss:
    """Make the losses of Gatys, Ecker and Bethge (2016); see :class:`MakeLoss`."""
    return PictureLoss(
        extractor,
        content,
        [style_grams(extractor, p) for p in paintings],
        regions(weight_maps),
        style_weight=style_weight,
        strength=strength,
        tile=tile,
    )
