"""Paint the pictures in ``paintings/``: every stroke is computed, the seed fixes them all.

python examples/make_paintings.py [--only NAME] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from atelier import colours, drawings, oils, papers, prints

PAINTINGS: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "swirling-night": oils.swirling_night,
    "warm-portrait": oils.warm_portrait,
    "knife-birches": oils.knife_birches,
    "dotted-river": colours.dotted_river,
    "wild-harbour": colours.wild_harbour,
    "rolling-waves": prints.rolling_waves,
    "primary-grid": prints.primary_grid,
    "broken-guitar": prints.broken_guitar,
    "rose-window": prints.rose_window,
    "quiet-lagoon": papers.quiet_lagoon,
    "ink-mountains": papers.ink_mountains,
    "hatched-pears": drawings.hatched_pears,
}
FOLDER = Path(__file__).parent / "paintings"


def paint(name: str) -> Image.Image:
    """Paint one picture; the same name gives the same picture."""
    return PAINTINGS[name](np.random.default_rng(zlib.crc32(name.encode())))


def main() -> None:
    """Paint what the command line asks for."""
    parser = argparse.ArgumentParser(description="Paint the example paintings.")
    parser.add_argument("--only", choices=PAINTINGS, action="append", help="paint just this one")
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder for the JPEG files")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for name in options.only or PAINTINGS:
        paint(name).save(options.into / f"{name}.jpg", quality=88, optimize=True)
        print(options.into / f"{name}.jpg")


if __name__ == "__main__":
    main()
