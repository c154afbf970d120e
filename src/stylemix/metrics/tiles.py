"""Pictures with captions, side by side in rows."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

_GAP = 8
_LINE = 18
_SIZE = 13


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        title: a short text above the note.
        note: a longer one, such as what was measured; on a tile without a picture, why there is
            none.
        picture: None leaves the space to the note.
    """

    title: str
    note: str
    picture: Image.Image | None


def lay_out(tiles: Sequence[Tile], cell: int, columns: int | None = None) -> Image.Image:
    """Lay out tiles row by row.

    Args:
        tiles: at least one.
        cell: pixels of a picture's longer side.
        columns: tiles per row; None takes about as many as there are rows, rather more.

    Returns:
        An RGB picture.
    """
    columns = min(len(tiles), columns or max(4, math.ceil(math.sqrt(len(tiles)))))
    rows = math.ceil(len(tiles) / columns)
    # Rows are as high as their highest picture.
    shown = [
        None if t.picture is None else ImageOps.contain(t.picture.convert("RGB"), (cell, cell))
        for t in tiles
    ]
    heights = [
        max([s.height for s in shown[r * columns : (r + 1) * columns] if s] or [cell // 2])
        for r in range(rows)
    ]
    sheet = Image.new(
        "RGB",
        (columns * (cell + _GAP) + _GAP, sum(h + 2 * _LINE + _GAP for h in heights) + _GAP),
        "white",
    )
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(_SIZE)
    for number, (tile, picture) in enumerate(zip(tiles, shown, strict=True)):
        row, column = divmod(number, columns)
        left = _GAP + column * (cell + _GAP)
        top = _GAP + sum(h + 2 * _LINE + _GAP for h in heights[:row])
        below = top + heights[row] + 2
        draw.text((left, below), _fitted(tile.title, cell, draw, font), fill="black", font=font)
        if picture is not None:
            sheet.paste(
                picture, (left + (cell - picture.width) // 2, top + heights[row] - picture.height)
            )
            draw.text(
                (left, below + _LINE - 2),
                _fitted(tile.note, cell, draw, font),
                fill="#555555",
                font=font,
            )
        else:
            draw.rectangle((left, top, left + cell - 1, top + heights[row] - 1), fill="#eeeeee")
            room = max(1, (heights[row] - 8) // (_SIZE + 4))
            lines = textwrap.wrap(tile.note, max(8, cell // 7))
            if len(lines) > room:
                lines = [*lines[: room - 1], "..."]
            draw.multiline_text((left + 4, top + 4), "\n".join(lines), fill="#aa2222", font=font)
    return sheet


def _fitted(
    text: str,
    width: int,
    draw: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> str:
    while text and draw.textlength(text, font) > width:
        text = text[:-1]
    return text
