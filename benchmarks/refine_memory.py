"""Peak memory of optimising a large picture in tiles.

    python benchmarks/refine_memory.py --width 4000 --height 3000

The memory does not grow with the number of steps beyond the first, so one is enough to measure.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import torch

from stylemix.stylizers import Gatys


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--features", default="thin")
    parser.add_argument("--tile", type=int, help="0 never tiles; default: by size")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    generator = torch.Generator().manual_seed(0)
    photo, painting = (
        torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8)
        for size in ((options.height, options.width), (600, 800))
    )
    model = Gatys(coarse_to_fine=False)
    begin, cpu = time.perf_counter(), time.process_time()
    model.stylize(
        photo, painting, refine=options.steps, refine_features=options.features, tile=options.tile
    )
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(
        f"{options.width} x {options.height}, {options.features}, {options.steps} step(s): "
        f"{time.perf_counter() - begin:.0f} s, {time.process_time() - cpu:.0f} CPU s, "
        f"peak {peak:.0f} MiB"
    )


if __name__ == "__main__":
    main()
