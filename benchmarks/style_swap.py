"""Time and memory of style swap, beside all similarities at once.

    python benchmarks/style_swap.py

Both swap the same random map for the patches of another one and have to agree. Each runs in a
process of its own, whose peak memory is taken; "libraries alone" is such a process without a swap.
Needs the plugin stylemix-styleswap.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from torch import Tensor

WAYS = ("libraries alone", "all at once", "in bands")


def all_at_once(x: Tensor, patches: Tensor) -> Tensor:
    """Swap [1, C, h, w] for patches [1, C, 9, P] by the formula, with folds."""
    flat = patches.flatten(1, 2)
    similarity = F.normalize(flat, dim=1).transpose(1, 2) @ F.unfold(x, 3)
    chosen = flat[:, :, similarity[0].argmax(0)]
    size = x.shape[-2:]
    counts = F.fold(torch.ones_like(chosen), size, 3)
    return F.fold(chosen, size, 3) / counts


def run(way: str, options: argparse.Namespace) -> None:
    """Swap once, and print seconds, megabytes and a sum to compare."""
    from stylemix_styleswap import StyleSwap

    from stylemix.types import Site

    torch.set_num_threads(options.threads)
    random = torch.Generator().manual_seed(0)
    side, style_side = options.size // options.stride, options.style // options.stride
    x = torch.rand(1, options.channels, side, side, generator=random)
    s = torch.rand(1, options.channels, style_side, style_side, generator=random)
    swap = StyleSwap(
        Site("relu3_3", "map", options.channels, options.stride), {"site": options.channels}
    )
    patches = swap.prepare({"site": s})
    start, total = time.perf_counter(), 0.0
    with torch.inference_mode():
        if way == "all at once":
            total = float(all_at_once(x, patches).double().sum())
        elif way == "in bands":
            total = float(swap(x, patches).double().sum())
    seconds = time.perf_counter() - start
    unit = 1024 if sys.platform != "darwin" else 1024**2
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(seconds, memory, total)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=1024, help="side of the photograph in pixels")
    parser.add_argument("--style", type=int, default=256, help="side of the painting in pixels")
    parser.add_argument("--stride", type=int, default=4, help="pixels per pixel of the map")
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        run(options.only, options)
        return
    print(
        f"{options.size} x {options.size} pixels, stride {options.stride}, {options.channels} "
        f"channels, painting of {options.style} x {options.style}, {options.threads} threads"
    )
    sums = {}
    for way in WAYS:
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--only", way],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds, memory, sums[way] = map(float, done.stdout.split())
        took = f"{seconds:8.1f} s" if way != WAYS[0] else " " * 10
        print(f"{way:16} {took} {memory:8.0f} MB")
    first, second = sums[WAYS[1]], sums[WAYS[2]]
    if abs(first - second) > 1e-5 * abs(first):
        raise SystemExit(f"the two ways disagree: {first} and {second}")


if __name__ == "__main__":
    main()
