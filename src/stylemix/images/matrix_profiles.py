"""ICC profiles of RGB spaces that are known by their primaries, white and curve."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

D65 = (0.3127, 0.3290)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1: ``(a v + b)^g`` above d, ``c v`` below, as the numbers g, a, b, c, d."""

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


@dataclass(frozen=True)
class MatrixSpace:
    """An RGB space of three primaries.

    Attributes:
        name: for people.
        primaries: chromaticities x, y of red, green and blue.
        white: of white.
        curve: of linear light by values: an exponent alone, or five numbers as
            :data:`SRGB_CURVE` has them.
    """

    name: str
    primaries: tuple[tuple[float, float], ...]
    white: tuple[float, float] = D65
    curve: tuple[float, ...] = SRGB_CURVE

    def profile(self) -> bytes:
        """Return it as a display profile (ICC.1:2010, version 4.3), the same bytes every time."""
        chosen = np.stack([_xyz(*point) for point in self.primaries], 1)
        columns = chosen * np.linalg.solve(chosen, _xyz(*self.white))
        scale = (_BRADFORD @ _D50) / (_BRADFORD @ _xyz(*self.white))
        adapted = np.linalg.inv(_BRADFORD) @ np.diag(scale) @ _BRADFORD
        kind = 0 if len(self.curve) == 1 else 3
        curve = b"para" + bytes(4) + struct.pack(">Hxx", kind) + _fixed(*self.curve)
        tags = [
            (b"desc", _text(self.name)),
            (b"cprt", _text("No copyright")),
            (b"wtpt", b"XYZ " + bytes(4) + _fixed(*_D50)),
            (b"chad", b"sf32" + bytes(4) + _fixed(*adapted.ravel())),
        ]
        for mark, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), (adapted @ columns).T, strict=True):
            tags.append((mark, b"XYZ " + bytes(4) + _fixed(*column)))
        tags += [(mark, curve) for mark in (b"rTRC", b"gTRC", b"bTRC")]
        return _assembled(tags)


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1, (1 - x - y) / y])


def _fixed(*values: float) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(v) * 65536) for v in values))


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">2I4s2I", 1, 12, b"enUS", len(data), 28) + data


def _assembled(tags: list[tuple[bytes, bytes]]) -> bytes:
    """Return a profile of tags; those of equal content share it."""
    first = 128 + 4 + 12 * len(tags)
    places: dict[bytes, int] = {}
    table, body = struct.pack(">I", len(tags)), b""
    for mark, data in tags:
        place = places.setdefault(data, first + len(body))
        if place == first + len(body):
            body += data + bytes(-len(data) % 4)
        table += mark + struct.pack(">2I", place, len(data))
    # A date must be there; the one of the specification's own publication serves.
    date = struct.pack(">6H", 2010, 12, 1, 0, 0, 0)
    head = struct.pack(">I4xI", first + len(body), 0x04300000) + b"mntrRGB XYZ " + date
    head += b"acsp" + bytes(28) + _fixed(*_D50)
    return head.ljust(128, b"\0") + table + body
