"""Which paintings are held out: decided by their names, in equal shares of every style."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def held_out(names: Sequence[str], labels: Sequence[int], share: float) -> list[bool]:
    """Choose the paintings to measure on.

    Of a style's ``n`` paintings, the ``max(1, round(share * n))`` whose names have the smallest
    hashes are held out. So the choice depends neither on the order nor on the folder's place nor
    on other styles, and a painting more moves at most one other across.

    Args:
        names: of the paintings, all different.
        labels: number of each one's style; every style has at least two paintings.
        share: of each style, in (0, 0.5].

    Returns:
        For each painting, whether it is held out.
    """
    chosen = [False] * len(names)
    members: dict[int, list[int]] = {}
    for number, label in enumerate(labels):
        members.setdefault(label, []).append(number)
    for group in members.values():
        group.sort(key=lambda number: hashlib.sha256(names[number].encode()).digest())
        for number in group[: max(1, round(share * len(group)))]:
            chosen[number] = True
    return chosen
