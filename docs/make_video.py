"""Measure the steadiness of videos; prints the tables of docs/video.md.

    STYLEMIX_VGG16=vgg16_features.safetensors python docs/make_video.py [FILE.mp4 ...]

Clips of 320 x 192 pixels and 8 frames are made of the example photographs; files given are
measured too, their frames 10 to 17 at 320 pixels. ``--times 2`` makes everything twice as large and
as fast, ``--fine`` measures both flows alike in large frames too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import stylemix
from stylemix.backbones import feature_net
from stylemix.images import read, resize, to_float
from stylemix.metrics import describe, style_loss
from stylemix.metrics.warping import warping_error
from stylemix.video import motion
from stylemix.video.consistency import Blender, track
from stylemix.video.frame import Frame
from stylemix.video.opening import open_source

EXAMPLES = Path(__file__).parent.parent / "examples"
WIDTH, HEIGHT, COUNT = 320, 192, 8
STEADY = 0.7
PAINTINGS = ("swirling-night",)
VARIANTS = {
    "plain frames": (),
    "both (the default)": ("noise", "blend"),
    "results blended": ("blend",),
    "noise averaged": ("noise",),
}


def clips(files: list[str], times: int = 1) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield names and frames, all of it larger and faster by a factor."""
    generator = np.random.default_rng(0)

    def noisy(picture: np.ndarray) -> np.ndarray:
        noise = generator.normal(0, 5, picture.shape)
        return np.clip(picture + noise, 0, 255).round().astype(np.uint8)

    def shot(picture: np.ndarray, left: float, top: float) -> np.ndarray:
        return window(picture, times * left, times * top, times)

    def part(begin: int, end: int) -> slice:
        return slice(times * begin, times * end)

    mountains, temple = (photograph(name, 640 * times) for name in ("mountains", "temple"))
    yield "pan", [shot(mountains, 40 + 2.3 * t, 30 + 0.4 * t) for t in range(COUNT)]
    cat = photograph("cat", 160 * times)[part(0, 90), part(35, 125)]
    rows, columns = np.mgrid[: 90 * times, : 90 * times] / times
    disk = ((rows - 45) ** 2 + (columns - 45) ** 2 < 44**2)[..., None]
    moving = []
    for t in range(COUNT):
        frame = shot(temple, 60, 80)
        place = part(50, 140), part(20 + 9 * t, 110 + 9 * t)
        frame[place] = np.where(disk, cat, frame[place])
        moving.append(frame)
    yield "object", moving
    steps = generator.normal(0, 2, (COUNT, 2))
    yield "shake, noise", [noisy(shot(mountains, 100 + x, 60 + y)) for x, y in steps]
    yield "still, noise", [noisy(shot(temple, 60, 80)) for _ in range(COUNT)]
    entering = []
    for t in range(COUNT):
        frame = shot(temple, 60, 80)
        frame[:, part(max(0, 30 * t - 90), max(0, 30 * t + 70))] = (250, 40, 30)
        entering.append(frame)
    yield "wall enters", entering
    for file in files:
        with open_source(file) as source:
            frames = [f.resized(WIDTH * times).rgb for f in islice(source.frames(), 10, 10 + COUNT)]
        yield Path(file).stem, frames


def photograph(name: str, width: int) -> np.ndarray:
    """Read an example photograph at a width."""
    with Image.open(EXAMPLES / "photos" / f"{name}.jpg") as image:
        size = (width, round(width * image.height / image.width))
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def window(picture: np.ndarray, left: float, top: float, times: int) -> np.ndarray:
    """Cut a window out at a place between pixels."""
    image = Image.fromarray(picture)
    box = (1, 0, left, 0, 1, top)
    kind, filter_ = Image.Transform.AFFINE, Image.Resampling.BICUBIC
    return np.array(image.transform((WIDTH * times, HEIGHT * times), kind, box, filter_))


def stylize(
    model: stylemix.Stylizer, style: stylemix.Style, frames: list[np.ndarray], parts: tuple
) -> tuple[list[np.ndarray], float]:
    """Stylize with some of the measures; returns results and CPU seconds per frame."""
    begin = time.process_time()
    timed = [Frame(f, Fraction(n, 25), Fraction(1, 25)) for n, f in enumerate(frames)]
    blend = Blender(STEADY if "blend" in parts else 0.0)
    results = []
    if parts:
        for one in track(timed, STEADY):
            picture = model.stylize(one.drawn if "noise" in parts else one.frame.rgb, style)
            results.append(blend(np.asarray(picture), one))
    else:
        results = [np.asarray(model.stylize(f, style)) for f in frames]
    return results, (time.process_time() - begin) / len(frames)


def main() -> None:
    """Print a table per painting."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*")
    parser.add_argument("--times", type=int, default=1, help="how large and fast the clips are")
    parser.add_argument("--fine", action="store_true", help="measure the forward flow as finely")
    told = parser.parse_args()
    if told.fine:
        motion.LARGE = 2**31
    torch.set_num_threads(1)
    model, net = stylemix.load("film", device="cpu", runtime="torch"), feature_net("vgg16")
    found = dict(clips(told.files, told.times))
    for name in PAINTINGS:
        path = EXAMPLES / "paintings" / f"{name}.jpg"
        style = model.encode(path)
        wanted = describe(to_float(resize(read(path).pixels, short_side=384)), net, content=False)
        print(f"\n{name}\n\n| | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
        inputs = [f"{warping_error(f, f):.2f}" for f in found.values()]
        print(f"| the frames themselves | {' | '.join(inputs)} |")
        plain: dict[str, tuple[float, float]] = {}
        for title, parts in VARIANTS.items():
            cells, seconds = [], 0.0
            for clip, frames in found.items():
                results, spent = stylize(model, style, frames, parts)
                seconds += spent / len(found)
                error = warping_error(frames, results)
                losses = []
                for result in results[3::3]:
                    picture = torch.from_numpy(result.copy()).permute(2, 0, 1)
                    seen = describe(to_float(picture), net, content=False)
                    losses.append(float(style_loss(seen, wanted)))
                loss = float(np.mean(losses))
                first = plain.setdefault(clip, (error, loss))
                shares = f"{error / first[0]:.2f} ({loss / first[1]:.2f})"
                cells.append(shares if parts else f"{error:.2f}")
            print(f"| {title}, {seconds:.2f} s | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
