"""Make docs/images/scale.jpg: one photograph in strokes of three sizes.

python docs/make_scale.py   # a minute on a quiet machine
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import stylemix

ROOT = Path(__file__).parent.parent
PHOTO = ROOT / "examples/photos/temple.jpg"
PAINTING = ROOT / "examples/paintings/swirling-night.jpg"
OUT = ROOT / "docs/images/scale.jpg"
SCALES = (0.5, 1, 2)
SIDE, WIDTH, CROP, GAP, LINE = 1440, 480, 360, 8, 26
PLACE = (0.42, 0.28)
"""Of the crop's corner, as a share of the picture."""


def main() -> None:
    """Draw the pictures and lay them out: the whole above, a crop at 100 % below."""
    model = stylemix.load("film", device="cpu")
    style = model.encode(str(PAINTING))
    results = [model.stylize(str(PHOTO), style, size=SIDE, scale=scale) for scale in SCALES]
    height = round(WIDTH * results[0].height / results[0].width)
    size = (len(SCALES) * (WIDTH + GAP) + GAP, height + CROP + 3 * GAP + LINE)
    sheet = Image.new("RGB", size, "white")
    drawing, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (scale, result) in enumerate(zip(SCALES, results, strict=True)):
        left = GAP + number * (WIDTH + GAP)
        x, y = (round(share * side) for share, side in zip(PLACE, result.size, strict=True))
        sheet.paste(result.resize((WIDTH, height), Image.Resampling.LANCZOS), (left, GAP))
        crop = result.crop((x, y, x + WIDTH, y + CROP))
        sheet.paste(crop, (left, height + 2 * GAP))
        words = f"scale={scale:g}; below at 100 %"
        drawing.text((left, height + CROP + 2 * GAP + 4), words, fill="black", font=font)
    sheet.save(OUT, quality=84)


if __name__ == "__main__":
    main()
