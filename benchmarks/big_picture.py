"""Peak memory and time of stylising a large picture: 24 megapixels by default.

    python benchmarks/big_picture.py
    python benchmarks/big_picture.py --width 9000 --height 6000 --tile 1024 --output big.jpg

The picture is made first; stylising it runs in a process of its own, whose peak resident memory,
the interpreter and the libraries included, is what is reported.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image


def main() -> None:
    """Make the pictures, stylise in a fresh process, and print what it took."""
    options = arguments()
    if options.child:
        print(json.dumps(stylise(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        photo, painting = Path(folder, "photo.jpg"), Path(folder, "painting.jpg")
        synthetic_photograph(options.width, options.height).save(photo, quality=90)
        synthetic_photograph(640, 480, seed=1).rotate(90, expand=True).save(painting)
        command = [sys.executable, __file__, *sys.argv[1:], "--child", str(photo), str(painting)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    result = json.loads(answer.splitlines()[-1])
    megapixels = options.width * options.height / 1e6
    print(f"picture      {options.width} x {options.height} ({megapixels:.1f} megapixels)")
    print(f"model        {options.model}, {options.threads} threads")
    print(f"steps        {result['steps']}")
    print(f"seconds      {result['seconds']:.1f}")
    print(f"peak memory  {result['peak_mib']:.0f} MiB")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--width", type=int, default=6000)
    parser.add_argument("--height", type=int, default=4000)
    parser.add_argument("--model", default="film", help="name, folder or Hub repository")
    parser.add_argument("--tile", type=int, help="side of a tile; default: the library's choice")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", help="where to keep the result")
    parser.add_argument("--child", nargs=2, metavar=("PHOTO", "PAINTING"), help=argparse.SUPPRESS)
    return parser.parse_args()


def stylise(options: argparse.Namespace) -> dict[str, float]:
    """Stylise in this process and give what it took."""
    import torch

    import stylemix
    from stylemix.types import ProgressEvent

    torch.set_num_threads(options.threads)
    steps = 0

    def progress(event: ProgressEvent) -> None:
        nonlocal steps
        steps = event.total

    photo, painting = options.child
    start = time.perf_counter()
    picture = stylemix.stylize(
        photo,
        painting,
        model=options.model,
        tile=options.tile,
        device=options.device,
        progress=progress,
    )
    seconds = time.perf_counter() - start
    if picture.size != (options.width, options.height):
        raise SystemExit(f"the result has {picture.size} pixels")
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    if options.output:
        picture.save(options.output)
    return {"seconds": seconds, "peak_mib": peak, "steps": steps}


def synthetic_photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Make a picture with a gradient, shapes of many sizes and grain, as photographs have them."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.uint8)
    picture += np.linspace(20, 120, width).astype(np.uint8)[None, :, None]
    picture += np.linspace(60, 0, height).astype(np.uint8)[:, None, None]
    side = 2
    while side < min(width, height):
        coarse = random.integers(0, 24, (height // side + 1, width // side + 1, 3), np.uint8)
        picture += np.asarray(Image.fromarray(coarse).resize((width, height), Image.BILINEAR)) // 3
        side *= 3
    return Image.fromarray(picture)


if __name__ == "__main__":
    main()
