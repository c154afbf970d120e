"""What `scale` does and costs: the figures of docs/strokes.md.

    python benchmarks/strokes.py alike PHOTOGRAPHS PAINTINGS --vgg16 vgg16_features.safetensors
    python benchmarks/strokes.py cost --width 1024 --height 683
    python benchmarks/strokes.py cost --width 6000 --height 4000 --rounds 1
    python benchmarks/strokes.py memory --width 6000 --height 4000

`alike` takes the photographs and paintings in pairs, the first with the first by name, and compares
results at 2048 and 512 pixels with `scale` and without. `cost` draws in turns, in one process, and
counts processor seconds; ratios of them are what a busy machine can tell. `memory` is the peak of
a process of its own that makes one picture.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from pathlib import Path

import torch
from big_picture import synthetic_photograph
from PIL import Image
from torch import Tensor

import stylemix
from stylemix.backbones import feature_net
from stylemix.images import read, resize, to_float
from stylemix.injections.style import Style
from stylemix.metrics.two_sizes import LARGE, two_sizes
from stylemix.stylizers import Stylizer, build
from stylemix.stylizers.presets import MODEL_PRESETS

OTHER = "film-large"
"""The preset that was the default's before the lean generator; speed needs no training."""
COLUMNS = ("sizes_psnr", "sizes_style", "sizes_sharpness", "sizes_halos", "sizes_resonance")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["alike", "cost", "memory"])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--model", default="film")
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--vgg16", help="weights that measure; default: the small network's")
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--height", type=int, default=683)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help=f"cost: leave {OTHER} out")
    parser.add_argument("--refine", type=int, default=0, help="steps, for memory")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = stylemix.load(options.model, device="cpu").using(options.runtime)
    {"alike": alike, "cost": cost, "memory": memory}[options.what](model, options)


def alike(model: Stylizer, options: argparse.Namespace) -> None:
    """Print how alike two sizes are, a line for each pair with `scale` and one without."""
    net = feature_net("vgg16" if options.vgg16 else "thin", options.vgg16)
    photos, paintings = (sorted(p for p in f.iterdir() if p.is_file()) for f in options.folders)
    rows: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    print(f"{'':30} {' '.join(f'{name[6:]:>10}' for name in COLUMNS)}")
    for photo, painting in zip(photos, paintings, strict=False):
        content = resize(to_float(read(str(photo)).pixels)[0], long_side=LARGE)
        style = model.encode(str(painting))
        for scaled, found in rows.items():

            def draw(x: Tensor, style: Style = style, scaled: bool = scaled) -> Tensor:
                scale = options.scale if scaled else None
                return to_float(read(model.stylize(x, style, scale=scale)).pixels)[0]

            found.append(two_sizes(draw, content, net))
            name = f"{photo.stem[:16]} {'scale' if scaled else 'one pass'}"
            _print_row(name, [found[-1][c] for c in COLUMNS])
    for scaled, found in rows.items():
        means = [statistics.mean(r[c] for r in found) for c in COLUMNS]
        _print_row(f"mean, {'scale' if scaled else 'one pass'}", means)
    both = zip(rows[True], rows[False], strict=True)
    sharp = statistics.mean(a["sizes_sharpness"] / b["sizes_sharpness"] for a, b in both)
    print(f"finest octave over one pass's: {sharp:.2f}")


def cost(model: Stylizer, options: argparse.Namespace) -> None:
    """Print processor seconds of `scale`, of one pass, and of one pass of a Johnson generator."""
    photo, painting = pictures(options)
    ways: dict[str, tuple[Stylizer, float | None]] = {
        "scale": (model, options.scale),
        "one pass": (model, None),
    }
    if not options.alone:
        other = build(MODEL_PRESETS[OTHER]).eval().using(options.runtime)
        ways[f"one pass, {OTHER}"] = (other, None)
    styles = {name: stylizer.encode(painting) for name, (stylizer, _) in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    small = photo.resize((512, 341))
    for name, (stylizer, scale) in ways.items():  # what is compiled once is compiled here
        stylizer.stylize(small, styles[name], scale=scale)
    for _ in range(options.rounds):
        for name, (stylizer, scale) in ways.items():
            begin = time.process_time()
            stylizer.stylize(photo, styles[name], scale=scale)
            seconds[name].append(time.process_time() - begin)
    found = {name: statistics.median(values) for name, values in seconds.items()}
    for name, value in found.items():
        print(f"{name:22} {value:7.2f} s   scale is {found['scale'] / value:.3f} of it", flush=True)


def memory(model: Stylizer, options: argparse.Namespace) -> None:
    """Print the peak memory of this process after one picture."""
    photo, painting = pictures(options)
    model.stylize(photo, painting, scale=options.scale, refine=options.refine)
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{photo.width} x {photo.height}: peak {peak:.0f} MiB")


def pictures(options: argparse.Namespace) -> tuple[Image.Image, Image.Image]:
    """Return a photograph and a painting: files where two are given, otherwise made up."""
    size = (options.width, options.height)
    if options.folders:
        photo, painting = (Image.open(path).convert("RGB") for path in options.folders)
        return photo.resize(size), painting
    return synthetic_photograph(*size), synthetic_photograph(640, 480, seed=1)


def _print_row(name: str, values: list[float]) -> None:
    print(f"{name:30} {' '.join(f'{value:10.3f}' for value in values)}", flush=True)


if __name__ == "__main__":
    main()
