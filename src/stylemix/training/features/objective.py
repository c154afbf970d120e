"""How far the student's picture of the teacher is from the teacher's own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stylemix.losses.style import GRAM_LAYERS

Maps = Mapping[str, Tensor]


def feature_errors(found: Maps, wanted: Maps) -> dict[str, Tensor]:
    """Give ``||W f - t||^2 / ||t||^2`` by layer, over the whole batch.

    Args:
        found: the student's maps in the teacher's space, [N, T, h, w].
        wanted: the teacher's.
    """
    return {
        layer: (found[layer] - wanted[layer]).square().sum()
        / wanted[layer].square().sum().clamp_min(1e-12)
        for layer in GRAM_LAYERS
    }


def gram_errors(
    found: Maps, wanted: Maps, precision: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Give ``||G_f - G_t|| / ||G_t||`` by layer, the mean over the pictures of a batch."""
    return {
        layer: relative(grams(found[layer], precision), grams(wanted[layer], precision)).mean()
        for layer in GRAM_LAYERS
    }


def grams(x: Tensor, precision: torch.dtype = torch.float32) -> Tensor:
    """Give Gram matrices [N, T, T] of maps [N, T, h, w], divided by the number of positions.

    Args:
        x: the maps.
        precision: of the products. Training takes bfloat16, whose rounding is far below the
            student's errors and which is many times faster; figures take float32.
    """
    flat = x.permute(0, 2, 3, 1).flatten(1, 2).to(precision)  # a view of channels_last maps
    return (flat.transpose(1, 2) @ flat).float() / flat.shape[1]


def relative(found: Tensor, wanted: Tensor) -> Tensor:
    """Give ``||G_f - G_t|| / ||G_t||`` of matrices [N, T, T], [N]; rounded at 0."""
    off = (found - wanted).square().sum((1, 2))
    return (off / wanted.square().sum((1, 2)).clamp_min(1e-12) + 1e-8).sqrt()
