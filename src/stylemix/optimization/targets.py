"""What the optimized picture should look like: the photograph's features, the paintings' Grams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.losses.style import GRAM_LAYERS
from stylemix.optimization.extractor import FeatureExtractor, gram_sum

Grams = dict[str, Tensor]
"""Gram matrices by layer, each divided by the number of positions."""


@dataclass(frozen=True)
class Region:
    """Where one style, or one mixture of styles, holds.

    Attributes:
        weight: [1, 1, H, W] in [0, 1], of the picture's size, or None for all of it.
        share: the region's share of the picture's area, by which its loss counts: so a pixel
            is pulled equally hard in large and in small regions.
        styles: how much of each painting's Gram matrices the target holds; they sum to one.
    """

    weight: Tensor | None
    share: float
    styles: tuple[float, ...]


def regions(weight_maps: Sequence[Tensor]) -> list[Region]:
    """Turn one weight map per style into regions and their targets.

    Several styles at one place are mixed by a weighted mean of their *Gram matrices*. For squared
    distances this has the same optimum as the weighted mean of the losses (they differ by a
    constant), costs one comparison however many styles there are, and holds for other distances
    too, where a mean of losses would jump to the heaviest style. Where masks overlap in part, the
    target of style k's region is the mean over that region of what holds at each pixel.

    Args:
        weight_maps: t_k >= 0, one per style, [1, 1, H, W] or [1, 1, 1, 1]; their sum is at most
            one.

    Returns:
        One region for each style that holds anywhere; a single one where all maps are constant.
    """
    largest = max(weight_maps, key=Tensor.numel)
    total = torch.stack([m.expand_as(largest) for m in weight_maps]).double()
    cover = total.sum(0).clamp_min(1e-12)
    if all(m.numel() == 1 for m in weight_maps):
        shares = (total / cover).flatten()
        return [Region(None, float(min(1.0, float(cover))), tuple(shares.tolist()))]
    found = []
    for own in total:
        area = float(own.sum())
        if area > 0:
            mix = (own * total / cover).flatten(1).sum(1) / area
            found.append(Region(own.float(), float(own.mean()), tuple(mix.tolist())))
    return found


@torch.no_grad()
def style_grams(extractor: FeatureExtractor, painting: Tensor) -> Grams:
    """Return the Gram matrices of a painting [1, 3, h, w] in [0, 1]."""
    features = extractor.extract(painting)
    return {
        layer: gram_sum(features[layer]) / features[layer][0, 0].numel() for layer in GRAM_LAYERS
    }


def mixed(grams: Sequence[Grams], weights: Sequence[float]) -> Grams:
    """Return the weighted sum of Gram matrices."""
    return {
        layer: torch.stack([w * g[layer] for w, g in zip(weights, grams, strict=True)]).sum(0)
        for layer in GRAM_LAYERS
    }
