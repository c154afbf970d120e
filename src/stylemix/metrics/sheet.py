"""Contact sheets: all results of an evaluation on one picture, for eyes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont, ImageOps

from stylemix.errors import ConfigError
from stylemix.images import Picture, read, to_pil
from stylemix.images.saving import save

_GAP = 4
_LINE = 16


def contact_sheet(
    contents: Sequence[Picture],
    styles: Sequence[Picture],
    results: Mapping[tuple[int, int], Picture],
    path: str | os.PathLike[str] | None = None,
    *,
    cell: int = 192,
    content_labels: Sequence[str] | None = None,
    style_labels: Sequence[str] | None = None,
) -> Image.Image:
    """Lay out a grid: paintings in the first row, photographs in the first column.

    Every picture is shown whole, fitted into a square cell; a pair without a result stays empty.

    Args:
        contents: photographs, one row each.
        styles: paintings, one column each.
        results: pictures by (content index, style index).
        path: where to save the sheet too.
        cell: pixels of a cell's side, at least 16.
        content_labels: one short text per photograph.
        style_labels: one short text per painting.

    Returns:
        An RGB picture.

    Raises:
        ConfigError: no pictures, a label too few, a result out of range, or too small a cell.
        PictureError: a picture can't be read, or the sheet can't be saved.
    """
    if not contents or not styles:
        raise ConfigError("a contact sheet needs at least one photograph and one painting")
    if isinstance(cell, bool) or not isinstance(cell, int) or cell < 16:
        raise ConfigError(f"cell must be a whole number of pixels >= 16, got {cell!r}")
    for kind, labels, pictures in (
        ("content", content_labels, contents),
        ("style", style_labels, styles),
    ):
        if labels is not None and len(labels) != len(pictures):
            raise ConfigError(
                f"{len(pictures)} pictures need as many {kind}_labels, got {len(labels)}"
            )
    for i, j in results:
        if not (0 <= i < len(contents) and 0 <= j < len(styles)):
            raise ConfigError(
                f"the result ({i}, {j}) is out of range: there are {len(contents)} "
                f"photographs and {len(styles)} paintings, counted from 0"
            )
    pitch = cell + _LINE + _GAP
    sheet = Image.new(
        "RGB",
        ((len(styles) + 1) * (cell + _GAP) + _GAP, (len(contents) + 1) * pitch + _GAP),
        "white",
    )
    for j, style in enumerate(styles):
        _put(sheet, style, j + 1, 0, cell, style_labels[j] if style_labels else "")
    for i, content in enumerate(contents):
        _put(sheet, content, 0, i + 1, cell, content_labels[i] if content_labels else "")
    for (i, j), result in results.items():
        _put(sheet, result, j + 1, i + 1, cell, "")
    if path is not None:
        save(sheet, path)
    return sheet


def _put(
    sheet: Image.Image, picture: Picture, column: int, row: int, cell: int, label: str
) -> None:
    left, top = _GAP + column * (cell + _GAP), _GAP + row * (cell + _LINE + _GAP)
    small = ImageOps.contain(to_pil(read(picture).pixels), (cell, cell))
    sheet.paste(small, (left + (cell - small.width) // 2, top + (cell - small.height) // 2))
    if label:
        font = ImageFont.load_default(11)
        draw = ImageDraw.Draw(sheet)
        while label and draw.textlength(label, font) >= cell:
            label = label[:-1]
        draw.text((left, top + cell + 1), label, fill="black", font=font)
