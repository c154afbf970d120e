"""Tiles for a feature network: which pixels of which tile see all that they would in the whole."""

from __future__ import annotations

from itertools import pairwise

from stylemix.types import Box

UNIT = 8
"""Three poolings of stride 2 lie in front of relu4_3: tiles begin at multiples of it."""

HALO = 56
"""Pixels around a tile. A value of relu4_3 sees 3 x 3 convolutions two at stride 1, two at 2, three
at 4 and three at 8, and three poolings: 2 + 1 + 4 + 2 + 12 + 4 + 24 = 49 pixels, rounded up."""

STRIDES = {"relu1_2": 1, "relu2_2": 2, "relu3_3": 4, "relu4_1": 8, "relu4_3": 8}


def split(height: int, width: int, tile: int) -> list[Box]:
    """Cut a picture into tiles of nearly equal size that begin at multiples of 8 pixels.

    Every tile is at least 8 pixels a side where the picture is.

    Args:
        height: of the picture, in pixels.
        width: of the picture.
        tile: their side at most, rounded up to a multiple of 8; 0 gives the whole picture.
    """
    if tile == 0:
        return [Box(0, 0, height, width)]

    def edges(size: int) -> list[int]:
        units = max(1, size // UNIT)
        parts = -(-units // -(-tile // UNIT))
        return [units * i // parts * UNIT for i in range(parts)] + [size]

    return [
        Box(top, left, bottom - top, right - left)
        for top, bottom in pairwise(edges(height))
        for left, right in pairwise(edges(width))
    ]
