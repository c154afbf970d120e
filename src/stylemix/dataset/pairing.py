"""Which paintings a result gets, and how strongly: a pure function, whoever computes it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from stylemix.dataset.options import DatasetOptions
from stylemix.ops import stream


@dataclass(frozen=True)
class Pairing:
    """What one result is made of.

    Attributes:
        paintings: numbers of the paintings; none for the picture itself.
        strength: in [0, 1].
    """

    paintings: tuple[int, ...]
    strength: float


def pair(options: DatasetOptions, paintings: int, name: str, copy: int) -> Pairing:
    """Draw the pairing of one result from seed, sample name and copy number alone.

    Each of its parts has a random number of its own, so that another range of strengths, or
    another share of originals, leaves the paintings of all results as they are.

    Args:
        options: ``seed``, ``strength``, ``paintings_per_image`` and ``keep_original`` count.
        paintings: how many there are; at least ``paintings_per_image``.
        name: of the sample in the source.
        copy: number of the result, from 0 on.
    """
    chance = torch.rand(
        2 + options.paintings_per_image,
        generator=stream(options.seed, name, copy),
        dtype=torch.float64,
    ).tolist()
    if chance[0] < options.keep_original:
        return Pairing((), 0.0)
    low, high = options.strength
    drawn = low + (high - low) * chance[1]
    return Pairing(_different(chance[2:], paintings), drawn)


def _different(chance: list[float], count: int) -> tuple[int, ...]:
    """Return as many different numbers below ``count`` as there are random ones in [0, 1)."""
    found: list[int] = []
    for number, value in enumerate(chance):
        index = int(value * (count - number))
        # The index-th of those that are left.
        for taken in sorted(found):
            index += index >= taken
        found.append(index)
    return tuple(found)
