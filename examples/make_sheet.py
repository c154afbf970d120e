"""Draw the sheet of the README: photographs in the first column, paintings in the first row."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageOps

import stylemix
from stylemix.images import save

HERE = Path(__file__).parent
PHOTOS = ("temple", "astronaut", "cat", "mountains")
PAINTINGS = (
    "swirling-night",
    "knife-birches",
    "rolling-waves",
    "warm-portrait",
    "rose-window",
    "ink-mountains",
)
CELL, GAP = (300, 225), 6


def main() -> None:
    """Stylise every photograph with every painting and put the pictures on a sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", help="picture file to write")
    parser.add_argument("--model", default="film")
    arguments = parser.parse_args()

    model = stylemix.load(arguments.model)
    width, height = CELL[0] + GAP, CELL[1] + GAP
    sheet = Image.new("RGB", (width * (len(PAINTINGS) + 1), height * (len(PHOTOS) + 1)), "white")
    styles = []
    for column, name in enumerate(PAINTINGS, 1):
        painting = Image.open(HERE / "paintings" / f"{name}.jpg")
        styles.append(model.encode(painting))
        sheet.paste(ImageOps.fit(painting, CELL), (column * width, 0))
    for row, name in enumerate(PHOTOS, 1):
        photo = Image.open(HERE / "photos" / f"{name}.jpg")
        sheet.paste(ImageOps.fit(photo, CELL), (0, row * height))
        for column, style in enumerate(styles, 1):
            picture = model.stylize(photo, style, size=640)
            sheet.paste(ImageOps.fit(picture, CELL), (column * width, row * height))
    save(sheet, arguments.output, quality=88)


if __name__ == "__main__":
    main()
