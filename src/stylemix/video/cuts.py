"""Scene cuts: where two frames have little in common."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

CUT = 0.5
"""Histogram distance from which two frames are of different scenes."""

_SIDE = 64  # pixels that frames are shrunk to: noise and small motion average out
_BINS = 6  # per color channel


def histogram(rgb: np.ndarray) -> np.ndarray:
    """Return the colors of a frame [H, W, 3] uint8 as a joint histogram of 6 x 6 x 6 bins.

    A color counts in its neighboring bins too, by its distance to their middles: what lies at the
    border of two bins would otherwise jump with the least noise.

    Returns:
        [6, 6, 6] float64, sum 1.
    """
    small = F.adaptive_avg_pool2d(
        torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float(),
        (min(_SIDE, rgb.shape[0]), min(_SIDE, rgb.shape[1])),
    )[0]
    place = small.reshape(3, -1).double().numpy() / 255 * (_BINS - 1)
    lower = np.minimum(place.astype(int), _BINS - 2)
    upper_share = place - lower
    total = np.zeros((_BINS,) * 3)
    for corner in np.ndindex(2, 2, 2):
        index = lower + np.array(corner)[:, None]
        share = np.where(np.array(corner)[:, None] == 1, upper_share, 1 - upper_share).prod(0)
        np.add.at(total, tuple(index), share)
    return total / total.sum()


def is_cut(before: np.ndarray, now: np.ndarray) -> bool:
    """Tell whether a new scene begins between two histograms of :func:`histogram`.

    The distance is half the sum of absolute differences: 0 for equal colors, 1 for none in common.
    """
    return bool(np.abs(before - now).sum() / 2 > CUT)
