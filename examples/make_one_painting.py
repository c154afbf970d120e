"""Draw three photographs by a model of any painting, and below by a model of one.

``python examples/make_one_painting.py docs/images/one-painting.jpg``
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

import stylemix

HERE = Path(__file__).parent
PHOTOGRAPHS = ("temple", "cat", "mountains")
PAINTING = "swirling-night"
WIDTH, GAP = 440, 6


def main(output: str) -> None:
    """Draw both rows and write the sheet."""
    painting = HERE / "paintings" / f"{PAINTING}.jpg"
    photographs = [HERE / "photos" / f"{name}.jpg" for name in PHOTOGRAPHS]
    rows = [
        [stylemix.stylize(p, painting, size=WIDTH) for p in photographs],
        [stylemix.stylize(p, model=f"johnson-{PAINTING}", size=WIDTH) for p in photographs],
    ]
    height = min(image.height for row in rows for image in row) + GAP
    sheet = Image.new("RGB", (3 * (WIDTH + GAP) - GAP, 2 * height - GAP), "white")
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            cut = image.crop((0, 0, WIDTH, height - GAP))
            sheet.paste(cut, (x * (WIDTH + GAP), y * height))
    sheet.save(output, quality=88)


if __name__ == "__main__":
    main(sys.argv[1])
