"""What a network adds to a picture that is no style: all such measures of one pair."""

from __future__ import annotations

import math
from dataclasses import asdict

from torch import Tensor

from stylemix.metrics import artifacts
from stylemix.metrics.flat_regions import regularity
from stylemix.metrics.halos import overshoot


def faults(output: Tensor, photograph: artifacts.Levels) -> dict[str, float]:
    """Measure the faults that there are alarms for.

    Args:
        output: a result [3, H, W] in [0, 1].
        photograph: the photograph's own levels.

    Returns:
        Of each fault the level, ``_over``, that minus the photograph's, and ``_alarm``, 0 or 1.
    """
    levels = artifacts.measure(output)
    found: dict[str, float] = {}
    for name, raised in artifacts.alarms(levels, photograph).items():
        level, own = asdict(levels)[name], asdict(photograph)[name]
        found |= {name: level, f"{name}_over": level - own, f"{name}_alarm": float(raised)}
    return found


def flat_faults(
    output: Tensor, photograph: Tensor, flat: Tensor, painting: float
) -> dict[str, float]:
    """Measure rows of dabs where the photograph is flat, and halos beside its strong edges.

    Args:
        output: a result [3, H, W] in [0, 1].
        photograph: the same size.
        flat: which blocks of it are flat.
        painting: the painting's own regularity.

    Returns:
        ``regularity``, ``regularity_over`` (that minus the painting's) and ``halo``; those that
        the photograph has no place for are left out.
    """
    found = regularity(output, flat)
    record = {
        "regularity": found,
        "regularity_over": found - painting,
        "halo": overshoot(output, photograph),
    }
    return {name: value for name, value in record.items() if math.isfinite(value)}
