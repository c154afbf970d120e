from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from stylemix.video.geometry import Turn, read_matrix, square_size

ONE = 1 << 16
CORNERS = np.array([[1, 2], [3, 4], [5, 6]])


def matrix(a: int, b: int, c: int, d: int) -> bytes:
    return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(
    "numbers, shown",
    [
        ((ONE, 0, 0, ONE), [[1, 2], [3, 4], [5, 6]]),
        ((0, ONE, -ONE, 0), [[5, 3, 1], [6, 4, 2]]),  # a quarter clockwise
        ((0, -ONE, ONE, 0), [[2, 4, 6], [1, 3, 5]]),  # a quarter the other way
        ((-ONE, 0, 0, -ONE), [[6, 5], [4, 3], [2, 1]]),
        ((-ONE, 0, 0, ONE), [[2, 1], [4, 3], [6, 5]]),  # a mirror
        ((ONE, 0, 0, -ONE), [[5, 6], [3, 4], [1, 2]]),
    ],
)
def test_a_matrix_turns_the_picture_as_players_do(numbers, shown):
    assert read_matrix(matrix(*numbers))(CORNERS).tolist() == shown


def test_colors_turn_with_their_places():
    picture = np.arange(18).reshape(2, 3, 3)
    turned = Turn(swapped=True, mirrored=True)(picture)
    assert turned.shape == (3, 2, 3)
    assert turned[0, 1].tolist() == picture[0, 0].tolist()


@pytest.mark.parametrize(
    "aspect, size",
    [(None, (720, 576)), (Fraction(0), (720, 576)), (Fraction(1), (720, 576)),
     (Fraction(16, 15), (768, 576)), (Fraction(8, 9), (720, 648))],
)  # fmt: skip
def test_pixels_become_square_and_the_picture_never_smaller(aspect, size):
    assert square_size(720, 576, aspect) == size
