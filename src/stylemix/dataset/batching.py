"""Batches of pictures of one size, whose composition the order of the pictures alone decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from stylemix.dataset.sample import Output
from stylemix.injections.style import Style

MOST_WAITING = 64_000_000
"""Pixels that wait for others of their size at most, 192 MB of them."""


@dataclass(frozen=True)
class Waiting:
    """A result that is to be drawn.

    Attributes:
        position: of its sample in the unit.
        output: the result, without its picture.
        pixels: uint8 [3, H, W].
        alpha: uint8 [1, H, W], or None.
        styles: encoded.
    """

    position: int
    output: Output
    pixels: Tensor
    alpha: Tensor | None
    styles: Sequence[Style]


class Batcher:
    """Collects pictures of one size until there are enough for a batch.

    Args:
        size: pictures in a batch.
        most: pixels that may wait in all; above that the size that waited longest goes ahead.
    """

    def __init__(self, size: int, most: int = MOST_WAITING) -> None:
        self._size, self._most = size, most
        self._waiting: dict[tuple[object, ...], list[Waiting]] = {}
        self._pixels = 0

    def add(self, item: Waiting) -> Iterator[list[Waiting]]:
        """Take a picture, and return the batches that are to be drawn now."""
        # Strength 1 takes one pass and any other two: they would wait for each other.
        key = (tuple(item.pixels.shape), item.output.record["strength"] == 1, len(item.styles))
        bucket = self._waiting.setdefault(key, [])
        bucket.append(item)
        self._pixels += _area(item)
        if len(bucket) == self._size:
            yield self._take(key)
        while self._pixels > self._most:
            yield self._take(next(iter(self._waiting)))

    def rest(self) -> Iterator[list[Waiting]]:
        """Return what is left, smaller batches among it."""
        while self._waiting:
            yield self._take(next(iter(self._waiting)))

    def _take(self, key: tuple[object, ...]) -> list[Waiting]:
        batch = self._waiting.pop(key)
        self._pixels -= sum(map(_area, batch))
        return batch


def _area(item: Waiting) -> int:
    return item.pixels.shape[1] * item.pixels.shape[2]
