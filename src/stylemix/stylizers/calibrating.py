"""Photographs and paintings that int8 is calibrated with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images import Picture, read, resize, to_float

FEWEST = 8
"""Pictures at least; with fewer, ranges would be those of a few colors."""
MOST = 96
"""Pictures at most, evenly chosen: more take longer and change nothing."""
SIDE = 256
"""Short side in pixels that photographs are shrunk to; the long one is at most twice as long."""


def calibration_pairs(
    pictures: Sequence[Picture], style_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Make pairs of pictures, in which each is once a photograph and once a painting.

    Args:
        pictures: photographs and paintings such as a model will be given.
        style_size: short side in pixels that paintings are shrunk to.

    Yields:
        Photograph and painting, [1, 3, H, W] in [0, 1].

    Raises:
        ConfigError: there are fewer than :data:`FEWEST`.
        PictureError: one can't be read.
    """
    if len(pictures) < FEWEST:
        raise ConfigError(
            f"int8 is calibrated on at least {FEWEST} pictures, got {len(pictures)}; give a folder "
            "of photographs and paintings such as the model will be given"
        )
    chosen = list(pictures)
    if len(chosen) > MOST:
        chosen = [chosen[i * len(chosen) // MOST] for i in range(MOST)]
    for number, picture in enumerate(chosen):
        content = _shrunk(picture, SIDE)
        top, left = (max(0, side - 2 * SIDE) // 2 for side in content.shape[-2:])
        # Far away in the list, so that photographs and paintings of two folders meet.
        painting = chosen[(number + len(chosen) // 2) % len(chosen)]
        yield (
            content[..., top : top + 2 * SIDE, left : left + 2 * SIDE],
            _shrunk(painting, style_size),
        )


def _shrunk(picture: Picture, side: int) -> Tensor:
    pixels = read(picture).pixels
    if min(pixels.shape[-2:]) > side:
        pixels = resize(pixels, short_side=side)
    return to_float(pixels)
