"""The colours of one painting with the strokes of another: whose colours does the result have?

    python benchmarks/palette.py --content photographs/ --style paintings/ --model film

Pictures are dealt by number, so that every model gets the same pairs. The distance is the sliced
Wasserstein distance of colours (``stylemix.metrics.palette_distance``).
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from PIL import Image
from torch import Tensor

import stylemix
from stylemix.cli.contents import pictures_in
from stylemix.images import read, resize, to_float, to_pil
from stylemix.metrics import palette_distance


def small(path: Path, side: int) -> Image.Image:
    """Return a painting shrunk to a short side in pixels."""
    return to_pil(resize(read(path).pixels, short_side=side))


def pixels(picture: Image.Image) -> Tensor:
    """Return a picture as [3, H, W] in [0, 1]."""
    return to_float(read(picture).pixels)[0]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--content", required=True, help="folder of photographs")
    parser.add_argument("--style", required=True, help="folder of paintings")
    parser.add_argument("--model", action="append", help="name or folder; once for each")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--size", type=int, default=224, help="long side of the results")
    parser.add_argument("--style-size", type=int, default=192, help="short side of the paintings")
    options = parser.parse_args()
    photographs, paintings = pictures_in(options.content), pictures_in(options.style)
    print(f"{'':<20}{'to palette':>12}{'to strokes':>12}{'nearer to palette':>20}")
    for name in options.model or ["film"]:
        model = stylemix.load(name)
        found = []
        for i in range(options.pairs):
            strokes, palette = (
                small(paintings[(7 * i + step) % len(paintings)], options.style_size)
                for step in (0, 19)
            )
            result = pixels(
                model.stylize(
                    photographs[i % len(photographs)], strokes, palette=palette, size=options.size
                )
            )
            found.append([palette_distance(result, pixels(p)) for p in (palette, strokes)])
        near = sum(there < own for there, own in found)
        means = [statistics.mean(values) for values in zip(*found, strict=True)]
        print(
            f"{Path(name).name:<20}{means[0]:>12.3f}{means[1]:>12.3f}"
            f"{f'{near} of {len(found)}':>20}"
        )


if __name__ == "__main__":
    main()
