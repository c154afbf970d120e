"""Writes the pack's examples, smaller copies of pictures of the repository.

Run in the folder comfy_nodes: python -m dev.make_examples
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

PACK = Path(__file__).resolve().parent.parent
FOLDER = PACK / "examples"
SOURCES = PACK.parent / "examples"

PAINTINGS = ("knife-birches", "rolling-waves", "swirling-night", "wild-harbour")
SHORT_SIDE = 384

CLIP = "cat"
FRAMES, RATE = 12, 12
"""Of the clip, a window that moves over the photograph."""
WINDOW = (320, 180)
STEP = (11.0, 4.0)
"""Pixels by which the window moves from frame to frame."""


def write(folder: Path = FOLDER) -> None:
    """Write the paintings and the clip to a folder."""
    folder.mkdir(exist_ok=True)
    for name in PAINTINGS:
        with Image.open(SOURCES / "paintings" / f"{name}.jpg") as painting:
            scale = SHORT_SIDE / min(painting.size)
            size = [round(side * scale) for side in painting.size]
            small = painting.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        small.save(folder / f"{name}.jpg", quality=90, optimize=True)
    first, *others = clip()
    first.save(
        folder / f"{CLIP}.webp",
        save_all=True,
        append_images=others,
        duration=round(1000 / RATE),
        loop=0,
        quality=85,
        method=6,
    )


def clip() -> list[Image.Image]:
    """Return the frames of the clip."""
    frames = []
    with Image.open(SOURCES / "photos" / f"{CLIP}.jpg") as photo:
        for number in range(FRAMES):
            left, top = (5 + step * number for step in STEP)
            box = (1, 0, left, 0, 1, top)
            frames.append(
                photo.convert("RGB").transform(
                    WINDOW, Image.Transform.AFFINE, box, Image.Resampling.BICUBIC
                )
            )
    return frames


if __name__ == "__main__":
    write()
