"""How far the student's picture of the teacher is from the teacher's own."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.ops import gram_error, gram_sum

Maps = Mapping[str, Tensor]

ROUNDING = 1e-8
"""Added to squared relative errors, so that their roots have a gradient at 0."""


def feature_errors(found: Maps, wanted: Maps) -> dict[str, Tensor]:
    """Return ``||W f - t||^2 / ||t||^2`` by layer, over the whole batch.

    Args:
        found: the student's maps in the teacher's space, [N, T, h, w].
        wanted: the teacher's.
    """
    return {
        layer: (found[layer] - wanted[layer]).square().sum()
        / wanted[layer].square().sum().clamp_min(1e-12)
        for layer in BLOCK_ENDS
    }


def gram_errors(
    found: Maps, wanted: Maps, precision: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Return ``||G_f - G_t|| / ||G_t||`` by layer, the mean over the pictures of a batch.

    Args:
        found: the student's maps in the teacher's space, [N, T, h, w].
        wanted: the teacher's.
        precision: of the products. Training takes bfloat16, whose rounding is far below the
            student's errors and which is many times faster; figures take float32.
    """
    return {
        layer: gram_error(
            gram_sum(found[layer], precision=precision),
            gram_sum(wanted[layer], precision=precision),
            rounding=ROUNDING,
        ).mean()
        for layer in BLOCK_ENDS
    }
