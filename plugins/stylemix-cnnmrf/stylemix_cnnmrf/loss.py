"""The energy that CNN-MRF minimizes: every patch of the picture near one of the painting."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.optimization import HALO, STRIDES, FeatureExtractor, Losses, shrink, split
from stylemix.types import Box
from stylemix_cnnmrf.matching import SIDE, nearest, patches, sample, starts

CONTENT_LAYER = "relu4_3"
REACH = HALO + (SIDE - 1) * max(STRIDES.values())
"""Pixels around a tile that its patches see: two positions more than a value."""


def layers_of(extractor: FeatureExtractor) -> tuple[str, ...]:
    """Return the layers whose patches are matched: relu2_2, relu3_3, and the first of block 4."""
    return "relu2_2", "relu3_3", "relu4_1" if "relu4_1" in extractor.net.channels else "relu4_3"


class MarkovLoss:
    """Content loss and MRF energy of a picture (Li and Wand, 2016, eqs. 1 to 3).

    ``E = sum_i ||P_i(y) - P_NN(i)(s)||^2`` over patches of 3 x 3 positions at layers of a feature
    network, where NN(i) is the painting's patch of the largest normalized
    cross-correlation with the picture *as it is now*: matches are found anew in every evaluation,
    and no gradient goes through the choice. Each layer's sum is divided by the number of patches
    and by the mean squared length of the painting's, so that layers, paintings and sizes count
    alike; the content loss is ``||F_y - F_c||^2 / ||F_c||^2`` at relu4_3.

    Departures: VGG-16 or the thin network instead of VGG-19, so relu3_3 for relu3_1 and relu4_3
    for relu4_2 (and for relu4_1 in the thin network, which has none); relu2_2 besides, without
    which fine colors are left to chance; no rotated and rescaled copies of the painting.

    Several paintings have one energy each, weighted at every patch by the painting's weight map
    at its centre.

    Args:
        extractor: what to compare pictures by.
        content: the photograph [1, 3, H, W] in [0, 1], at least 16 x 16.
        paintings: each [1, 3, h, w] in [0, 1]; smaller than 24 x 24 ones are enlarged.
        maps: weights >= 0, one per painting, [1, 1, H, W] or [1, 1, 1, 1].
        style_weight: of the energy against the content loss.
        strength: in [0, 1]; below one a patch is drawn to ``(1 - strength) P_i(c) + strength
            P_NN(i)(s)``, so at 0 the photograph is the optimum.
        tile: side of a tile in pixels; 0 takes the whole picture at once. The energy is a sum over
            patches, each in one tile, and the same in tiles.
        count: at most this many of each painting's patches take part, drawn with ``seed``.
        stride: positions between the picture's patches.
        seed: of the drawing.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        content: Tensor,
        paintings: Sequence[Tensor],
        maps: Sequence[Tensor],
        *,
        style_weight: float,
        strength: float = 1.0,
        tile: int = 0,
        count: int = 2048,
        stride: int = 2,
        seed: int = 0,
    ) -> None:
        self.extractor = extractor
        self.style_weight = style_weight
        self.strength = strength
        self.height, self.width = content.shape[-2:]
        self.boxes = split(self.height, self.width, tile)
        self.layers = layers_of(extractor)
        self.seen = tuple(dict.fromkeys((*self.layers, CONTENT_LAYER)))
        self.keys = [self._patches_of(p, count, seed) for p in paintings]
        # A squared length each, so that a painting's energy doesn't grow with its contrast.
        self.scales = [
            {layer: keys.square().sum(1).mean().clamp_min(1e-12) for layer, keys in own.items()}
            for own in self.keys
        ]
        self.grids = {layer: self._grid(layer, stride) for layer in self.layers}
        self.weights = [
            {layer: self._weight(m.to(content.device), layer) for layer in self.layers}
            for m in maps
        ]
        self._keep_content(content)

    @torch.no_grad()
    def _patches_of(self, painting: Tensor, count: int, seed: int) -> dict[str, Tensor]:
        least = SIDE * max(STRIDES.values())
        if min(painting.shape[-2:]) < least:
            size = [max(least, s) for s in painting.shape[-2:]]
            painting = torch.nn.functional.interpolate(painting, size=size, mode="bilinear")
        seen = self.extractor.extract(painting, self.layers)
        return {
            layer: sample(x[0], count, torch.Generator().manual_seed(seed))
            for layer, x in seen.items()
        }

    def _grid(self, layer: str, stride: int) -> tuple[list[int], list[int]]:
        """Return where the picture's patches begin; maps of less than 3 positions have none."""
        sizes = [s // STRIDES[layer] for s in (self.height, self.width)]
        if min(sizes) < SIDE:
            return [], []
        return starts(sizes[0], stride), starts(sizes[1], stride)

    def _weight(self, weight: Tensor, layer: str) -> Tensor:
        if weight.numel() == 1:
            return weight.reshape(1, 1)
        stride = STRIDES[layer]
        return shrink(weight, weight.new_empty(1, 1, self.height // stride, self.width // stride))[
            0, 0
        ]

    @torch.no_grad()
    def _keep_content(self, content: Tensor) -> None:
        """Keep the photograph's content map, its length, and its own patches where they count."""
        stride = STRIDES[CONTENT_LAYER]
        self.content: Tensor | None = None
        self.own: dict[tuple[int, str], Tensor] = {}
        for number, box in enumerate(self.boxes):
            maps, outer = self._extract(content, box)
            x = self._crop(maps[CONTENT_LAYER], CONTENT_LAYER, box, outer)
            if self.content is None:
                self.content = x.new_empty(x.shape[0], self.height // stride, self.width // stride)
            rows, columns = self._on_map(box, CONTENT_LAYER).slices()
            self.content[:, rows, columns] = x
            if self.strength < 1:
                for layer in self.layers:
                    self.own[number, layer] = self._cut(maps[layer], layer, box, outer)[0]
        assert self.content is not None
        self.norm = self.content.square().sum().clamp_min(1e-12)

    def __call__(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses of a picture [1, 3, H, W] and the gradient of their weighted sum."""
        gradient = torch.zeros_like(image)
        content_loss = energy = 0.0
        for number, box in enumerate(self.boxes):
            rows, columns = box.grown(REACH, self.height, self.width).slices()
            pixels = image[:, :, rows, columns].detach().requires_grad_()
            with torch.enable_grad():
                content, style = self._tile(pixels, number, box)
                (found,) = torch.autograd.grad(content + self.style_weight * style, pixels)
            gradient[:, :, rows, columns] += found
            content_loss += float(content.detach())
            energy += float(style.detach())
        return Losses(content_loss, energy), gradient

    def _tile(self, pixels: Tensor, number: int, box: Box) -> tuple[Tensor, Tensor]:
        outer = box.grown(REACH, self.height, self.width)
        maps = {layer: x[0] for layer, x in self.extractor.extract(pixels, self.seen).items()}
        assert self.content is not None
        rows, columns = self._on_map(box, CONTENT_LAYER).slices()
        difference = (
            self._crop(maps[CONTENT_LAYER], CONTENT_LAYER, box, outer)
            - self.content[:, rows, columns]
        )
        style = pixels.new_zeros(())
        for layer in self.layers:
            found, at_rows, at_columns = self._cut(maps[layer], layer, box, outer)
            if not len(found):
                continue
            total = len(self.grids[layer][0]) * len(self.grids[layer][1]) * len(self.layers)
            own = self.own.get((number, layer))
            for keys, scales, weights in zip(self.keys, self.scales, self.weights, strict=True):
                target = keys[layer][nearest(found, keys[layer])]
                if own is not None:
                    target = torch.lerp(own, target, self.strength)
                each = (found - target).square().sum(1)
                if weights[layer].numel() > 1:
                    # At the patch's centre.
                    each = each * weights[layer][at_rows + 1][:, at_columns + 1].reshape(-1)
                else:
                    each = each * weights[layer].reshape(())
                style = style + each.sum() / (total * scales[layer])
        return difference.square().sum() / self.norm, style

    def _extract(self, image: Tensor, box: Box) -> tuple[dict[str, Tensor], Box]:
        outer = box.grown(REACH, self.height, self.width)
        rows, columns = outer.slices()
        seen = self.extractor.extract(image[:, :, rows, columns], self.seen)
        return {layer: x[0] for layer, x in seen.items()}, outer

    def _cut(self, x: Tensor, layer: str, box: Box, outer: Box) -> tuple[Tensor, Tensor, Tensor]:
        """Cut the patches that begin in one tile of a map seen with its halo.

        Returns:
            [R S, 9 C], and where they begin on the whole map: rows [R] and columns [S].
        """
        place, seen = self._on_map(box, layer), self._on_map(outer, layer)
        rows, columns = (
            torch.tensor(
                [p for p in grid if begin <= p < begin + size], dtype=torch.long, device=x.device
            )
            for grid, begin, size in zip(
                self.grids[layer], (place.top, place.left), (place.height, place.width), strict=True
            )
        )
        return patches(x, rows - seen.top, columns - seen.left), rows, columns

    def _crop(self, x: Tensor, layer: str, box: Box, outer: Box) -> Tensor:
        rows, columns = self._on_map(box, layer).within(self._on_map(outer, layer)).slices()
        return x[:, rows, columns]

    def _on_map(self, box: Box, layer: str) -> Box:
        return box.on_map(STRIDES[layer])
