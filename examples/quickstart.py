"""Stylise a photograph in five ways: one painting, a mix, a mask, half and full strength.

python examples/quickstart.py results
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

import stylemix

HERE = Path(__file__).parent


def main() -> None:
    """Write five pictures into the folder given on the command line."""
    parser = argparse.ArgumentParser(description="Five ways to stylise a photograph.")
    parser.add_argument("folder", type=Path, help="where to write the pictures")
    parser.add_argument("--model", default="film", help="a model's name or checkpoint folder")
    parser.add_argument("--size", type=int, help="long side of the results, in pixels")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)

    photo = HERE / "photos" / "mountains.jpg"
    night = HERE / "paintings" / "swirling-night.jpg"
    birches = HERE / "paintings" / "knife-birches.jpg"

    # Load the model and encode the paintings once, then use them as often as you like.
    model = stylemix.load(options.model)
    night_style, birch_style = model.encode(night), model.encode(birches)

    def save(name: str, picture: Image.Image) -> None:
        picture.convert("RGB").save(options.folder / f"{name}.jpg", quality=92)
        print(options.folder / f"{name}.jpg")

    one = stylemix.stylize(photo, night_style, model=model, size=options.size)
    save("one", one)

    mixed = stylemix.stylize(
        photo, [night_style, birch_style], weights=[0.3, 0.7], model=model, size=options.size
    )
    save("mix", mixed)

    # White is where a style holds: the night comes down from above, the birches lie below.
    lower = Image.linear_gradient("L").resize(Image.open(photo).size)
    upper = lower.point(lambda value: 255 - value)
    masked = stylemix.stylize(
        photo, [night_style, birch_style], masks=[upper, lower], model=model, size=options.size
    )
    save("mask", masked)

    for strength in (0.4, 0.8):
        weaker = stylemix.stylize(
            photo, night_style, strength=strength, model=model, size=options.size
        )
        save(f"strength-{strength}", weaker)


if __name__ == "__main__":
    main()
