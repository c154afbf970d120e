"""Does strength mean something: from the photograph at 0, further and further towards the style."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from stylemix.errors import ConfigError

TOLERANCE = 1e-6
"""Losses that are nearer to each other count as equal."""


def check_strengths(strengths: Sequence[float]) -> list[float]:
    """Return strengths as a list.

    Raises:
        ConfigError: fewer than two, or they don't rise from 0 or more.
    """
    found = [float(s) for s in strengths]
    rising = all(a < b for a, b in itertools.pairwise(found))
    if len(found) < 2 or found[0] < 0 or not rising:
        raise ConfigError(
            "strengths must be at least two rising numbers >= 0, such as "
            f"0,0.25,0.5,0.75,1, got {list(strengths)}"
        )
    return found


def curve(
    strengths: Sequence[float], losses: Callable[[float], tuple[float, float]]
) -> dict[str, float]:
    """Walk along the strengths and say whether the picture goes one way all along.

    Args:
        strengths: rising.
        losses: gives, for a strength, the picture's distance to the photograph and its style loss.

    Returns:
        ``content_at_S`` and ``style_at_S`` for each strength S; ``content_rises``, 1 where the
        distance to the photograph never falls from one strength to the next and is larger at the
        end; and ``style_falls``, 1 where the style loss does the opposite.
    """
    found = [losses(s) for s in strengths]
    record: dict[str, float] = {}
    for strength, (content, style) in zip(strengths, found, strict=True):
        record |= {f"content_at_{strength:g}": content, f"style_at_{strength:g}": style}
    return {
        **record,
        "content_rises": float(_rises([c for c, _ in found])),
        "style_falls": float(_rises([-s for _, s in found])),
    }


def _rises(values: Sequence[float]) -> bool:
    steps = [b - a for a, b in itertools.pairwise(values)]
    return min(steps) >= -TOLERANCE and sum(steps) > TOLERANCE


def psnr(a: Tensor, b: Tensor) -> float:
    """Return the peak signal-to-noise ratio of two pictures in [0, 1], in decibels.

    ``-10 log10(mean (a - b)^2)``; 100 is given for equal pictures.
    """
    error = float((a.double() - b.double()).square().mean())
    return 100.0 if error < 1e-10 else float(-10 * torch.tensor(error, dtype=torch.float64).log10())
