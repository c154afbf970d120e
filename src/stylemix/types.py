"""The small types that every part of stylemix shares, and the check of numbers from callers."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor

from stylemix.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image

StyleCode = Mapping[str, Tensor]
"""What an encoder says of N styles: the vectors of :data:`VECTORS`, each [N, D]; any other name is
a map [N, C, h, w]."""

VECTORS = ("embedding", "palette")
"""Names of a code's vectors: ``"embedding"`` is the style, or its texture where an encoder gives
the colours apart as ``"palette"``."""

Spec = Mapping[str, Any]
"""A component and its options, ``{"name": "film", **options}``: JSON in, JSON out."""

SLOTS = ("norm", "conv", "map")


@dataclass(frozen=True)
class Site:
    """One place in a generator where injections may act.

    Attributes:
        name: unique in its generator, such as ``"block3.norm1"``.
        slot: what the features are. ``"norm"``: a normalised map whose learned affine the
            injection replaces; ``"conv"``: the normalised input of a convolution, which the
            injection may widen by ``extra_channels``; ``"map"``: any other feature map.
        channels: channels of the features.
        stride: picture pixels per feature pixel.
        kernel: side of the kernel that reads the features, at a ``"conv"`` site.

    Example:
        >>> Site("block1.1.norm", "norm", channels=96, stride=4).kernel
        1
    """

    name: str
    slot: str
    channels: int
    stride: int
    kernel: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class Box:
    """A rectangle in picture pixels, or in values of a map: a tile, or a part of one.

    Attributes:
        top: first row.
        left: first column.
        height: rows.
        width: columns.
    """

    top: int
    left: int
    height: int
    width: int

    def slices(self) -> tuple[slice, slice]:
        """Return the row and column slices of this rectangle."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    @classmethod
    def tiles(cls, height: int, width: int, tile: int, unit: int) -> list[Box]:
        """Cut a picture into tiles of nearly equal size that begin at multiples of ``unit``.

        Every tile is at least ``unit`` pixels per side where the picture is; the last ones take
        what the unit leaves over.

        Args:
            height: of the picture, in pixels.
            width: of the picture.
            tile: their side at most, rounded up to a multiple of ``unit``, and below one unit more
                for the last ones; 0 returns the whole picture.
            unit: in pixels.

        Returns:
            The tiles row by row; each pixel lies in exactly one.
        """

        def edges(size: int) -> list[int]:
            units = max(1, size // unit)
            parts = -(-units // -(-tile // unit)) if tile else 1
            return [units * i // parts * unit for i in range(parts)] + [size]

        return [
            cls(top, left, bottom - top, right - left)
            for top, bottom in pairwise(edges(height))
            for left, right in pairwise(edges(width))
        ]

    def grown(self, halo: int, height: int, width: int) -> Box:
        """Return this tile with ``halo`` pixels around it, as far as the picture goes."""
        top, left = max(self.top - halo, 0), max(self.left - halo, 0)
        bottom = min(self.top + self.height + halo, height)
        right = min(self.left + self.width + halo, width)
        return Box(top, left, bottom - top, right - left)

    def on_map(self, stride: int) -> Box:
        """Return where this tile lies on a map of ``stride`` picture pixels per value.

        Tiles that begin at multiples of the stride share out the map among themselves. The last
        rows and columns of a picture that the stride doesn't divide have no value of their own,
        as poolings drop them.
        """
        top, left = self.top // stride, self.left // stride
        bottom, right = (self.top + self.height) // stride, (self.left + self.width) // stride
        return Box(top, left, bottom - top, right - left)

    def within(self, outer: Box) -> Box:
        """Return this rectangle in the coordinates of ``outer``, which holds it."""
        return Box(self.top - outer.top, self.left - outer.left, self.height, self.width)


@dataclass(frozen=True)
class ProgressEvent:
    """How far a piece of work has come.

    Attributes:
        done: steps (or tiles) that are done.
        total: steps in all.
        make_picture: makes the picture so far, where there is one.
    """

    done: int
    total: int
    make_picture: Callable[[], Image.Image] | None = field(default=None, repr=False, compare=False)

    def picture(self) -> Image.Image | None:
        """Return the picture so far; None while an optimization hasn't begun.

        It is made only when this is called, which takes time for a large picture.
        """
        return None if self.make_picture is None else self.make_picture()


class Progress(Protocol):
    """Is told how far the work has come; an exception that it raises stops the work."""

    def __call__(self, event: ProgressEvent, /) -> object:
        """Handle one event; what is returned is ignored."""


def whole_number(name: str, value: Any, least: int, unit: str = "") -> int:
    """Return a caller's whole number (any ``numbers.Integral``, such as ``np.int64``) as an int.

    Args:
        name: of the argument, for the message.
        value: what the caller gave.
        least: the smallest number allowed.
        unit: what is counted, for the message, such as ``"pixels"``; may be empty.

    Raises:
        ConfigError: it is no whole number, or below ``least``.
    """
    value = _scalar(value)
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < least:
        of = f" of {unit}" if unit else ""
        raise ConfigError(f"{name} must be a whole number{of} >= {least}, got {value!r}")
    return int(value)


def real_number(name: str, value: Any, allowed: str, least: float, most: float = 1e308) -> float:
    """Return a caller's number (any ``numbers.Real``, such as ``np.float32``) as a float.

    Args:
        name: of the argument, for the message.
        value: what the caller gave.
        allowed: what may be given, for the message, such as ``"a number >= 0"``.
        least: the smallest number allowed.
        most: the largest number allowed. NaN and infinity never are.

    Raises:
        ConfigError: it is no number, or out of range.
    """
    value = _scalar(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:  # an int beyond the range of floats
            found = math.inf
        # NaN compares as false with everything.
        if least <= found <= most:
            return found
    raise ConfigError(f"{name} must be {allowed}, got {value!r}")


def _scalar(value: Any) -> Any:
    """Return the number in an array or tensor without dimensions, and anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
