"""A network's pass over a picture of any size, whole or in tiles, and the photograph's share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from stylemix.errors import out_of_memory
from stylemix.generators import Generator, mirror, pad_to_multiple
from stylemix.images import from_float, to_float
from stylemix.injections.style import StyleMix
from stylemix.runtime import Draw
from stylemix.stylizers.tiling import render_tiled
from stylemix.types import Progress, ProgressEvent

log = logging.getLogger(__name__)

TILE_ABOVE = 2_000_000
"""Pixels above which ``tile=None`` renders in tiles."""
COMPILED_TILE_ABOVE = 3_300_000
"""The same where a compiled graph draws, in a third of the time that tiles take, and 2 GB. With a
generator's margin, so that :data:`stylemix.stylizers.scaling.TOP_PIXELS` are not tiled."""
TILE = 768
"""Side of an automatic tile, in pixels."""
ROWS = 1_000_000
"""Pixels of a band of rows."""


def render(
    generator: Generator,
    content: Tensor,
    mix: StyleMix,
    tile: int | None = None,
    progress: Progress | None = None,
    draw: Draw | None = None,
) -> Tensor:
    """Run a generator on a picture of any size.

    Tiles change nothing but the memory that it takes, see :func:`stylemix.stylizers.render_tiled`.

    Args:
        generator: on any device.
        content: [3, H, W], uint8, or float in [0, 1].
        mix: weights of the picture's size, or constant.
        tile: side of a tile in pixels; 0 never tiles. None decides by size, and tiles a picture
            for which the memory turns out to be too small.
        progress: is told the tiles done and their total.
        draw: what draws a picture that isn't cut into tiles; None is the generator itself.

    Returns:
        [3, H, W] of the type of ``content``, on the CPU.

    Raises:
        MemoryLimitError: an injection has to see the whole map at once, and the memory is too
            small for that.
    """
    if margin := generator.margin:
        content = mirror(content, margin)
        mix = replace(
            mix,
            weights=tuple(w if w.shape[-2:] == (1, 1) else mirror(w, margin) for w in mix.weights),
        )
        out = _render(generator, content, mix, tile, progress, draw)
        return out[:, margin:-margin, margin:-margin]
    return _render(generator, content, mix, tile, progress, draw)


def _render(
    generator: Generator,
    content: Tensor,
    mix: StyleMix,
    tile: int | None,
    progress: Progress | None,
    draw: Draw | None,
) -> Tensor:
    height, width = content.shape[-2:]
    automatic = tile is None
    if tile is None:
        compiled = draw is not None and draw is not generator
        most = COMPILED_TILE_ABOVE if compiled else TILE_ABOVE
        tile = TILE if height * width > most else 0
    if tile == 0 or tile >= max(height, width):
        try:
            return _render_whole(generator, content, mix, progress, draw or generator)
        except (RuntimeError, MemoryError) as problem:
            if not automatic or not out_of_memory(problem):
                raise
            tile = TILE // 2
    if draw is not None and draw is not generator:
        log.info("tiles share the whole picture's statistics; drawing them with PyTorch")
    return render_tiled(generator, content, mix, tile, progress=progress)


def _render_whole(
    generator: Generator, content: Tensor, mix: StyleMix, progress: Progress | None, draw: Draw
) -> Tensor:
    height, width = content.shape[-2:]
    if progress is not None:
        progress(ProgressEvent(0, 1))
    multiple, minimum = generator.multiple_of, generator.minimum_size
    like = next(generator.parameters())
    weights = tuple(
        w
        if w.shape[-2:] == (1, 1) and (height, width) != (1, 1)
        else pad_to_multiple(w, multiple, minimum)
        for w in mix.weights
    )
    # The padded floats have no name here: they are gone when the result is turned into pixels.
    drawn = draw(
        pad_to_multiple(to_float(content).to(like.device, like.dtype), multiple, minimum),
        replace(mix, weights=weights),
    )
    out = drawn[0, :, :height, :width].float().cpu()
    if progress is not None:
        progress(ProgressEvent(1, 1))
    return from_float(out, content.dtype)


def beyond(out: Tensor, again: Tensor, excess: Tensor) -> Tensor:
    """Return ``out + 2 * excess * (again - out)``, clipped to [0, 1]; row by row.

    Half of the strength that a model was trained for is a second painting: a mere half of one can
    hardly be seen, as its strokes lie beside the first ones.

    Args:
        out: what was drawn, [3, H, W].
        again: that picture, drawn once more, [3, H, W].
        excess: by how much strength exceeds 1, [1, 1, H, W] or [1, 1, 1, 1].
    """
    result = torch.empty_like(out)
    for part in bands(*out.shape[-2:]):
        share = 2 * rows_of(excess, part)
        value = torch.lerp(to_float(out[:, part]), to_float(again[:, part]), share)
        result[:, part] = from_float(value[0], result.dtype)
    return result


def add_error(out: Tensor, content: Tensor, again: Tensor, weight: Tensor) -> Tensor:
    """Return ``out + weight * (content - again)``, and ``content`` where weight is 1; row by row.

    Args:
        out: what was drawn, [3, H, W].
        content: the photograph, [3, H, W].
        again: the photograph as the network draws it, [3, H, W].
        weight: of the photograph, in [0, 1], [1, 1, H, W] or [1, 1, 1, 1].
    """
    result = torch.empty_like(out)
    for part in bands(*content.shape[-2:]):
        drawn, own, missed = (to_float(x[:, part]) for x in (out, content, again))
        value = with_error(drawn, own, missed, rows_of(weight, part))
        result[:, part] = from_float(value[0], result.dtype)
    return result


def with_error(drawn: Tensor, own: Tensor, missed: Tensor, weight: Tensor) -> Tensor:
    """Return what :func:`add_error` does, of pictures [B, 3, H, W] in [0, 1]."""
    # The second part is little but where the weight is near 1.
    return torch.lerp((drawn + weight * (own - missed)).clamp(0, 1), own, weight.clamp(0, 1) ** 4)


def bands(height: int, width: int) -> Iterator[slice]:
    """Yield the rows of a picture in bands of :data:`ROWS` pixels at most, or of one row.

    They bound the memory of what is computed of whole pictures in floating point.
    """
    rows = max(1, ROWS // max(1, width))
    for start in range(0, height, rows):
        yield slice(start, min(start + rows, height))


def rows_of(weight: Tensor, rows: slice) -> Tensor:
    """Return some rows of a weight map [1, 1, H, W]; one of [1, 1, 1, 1] holds for all."""
    return weight if weight.shape[-2:] == (1, 1) else weight[:, :, rows]
