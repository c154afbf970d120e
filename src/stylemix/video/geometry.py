"""From coded pixels to the picture that a player shows: turned, mirrored and of square pixels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Turn:
    """A turn by quarters and a mirror.

    Attributes:
        swapped: rows become columns, before the flips.
        upside_down: the rows are reversed.
        mirrored: the columns are reversed.
    """

    swapped: bool = False
    upside_down: bool = False
    mirrored: bool = False

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Turn a picture [H, W] or [H, W, C]."""
        if self.swapped:
            picture = picture.swapaxes(0, 1)
        if self.upside_down:
            picture = picture[::-1]
        if self.mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(picture)


def read_matrix(data: bytes) -> Turn:
    """Read a display matrix, nine 32-bit numbers ``a b u c d v x y w`` in the machine's order.

    A point (p, q) of the coded picture is shown at ``(a p + c q + x, b p + d q + y)``. Angles
    between the quarters are taken as the nearest quarter, as no player shows them slanted either.
    """
    a, b, _, c, d = struct.unpack("=5i", data[:20])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(False, d < 0, a < 0)
    return Turn(True, b < 0, c < 0)


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """Return the width and height at which pixels are square; no picture gets smaller.

    Args:
        width: coded pixels.
        height: coded pixels.
        aspect: width of a pixel by its height; None or 0 where the file doesn't say.
    """
    if not aspect or aspect <= 0:
        return width, height
    if aspect > 1:
        return max(1, round(width * aspect)), height
    return width, max(1, round(height / aspect))
