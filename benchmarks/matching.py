"""Time and memory of CNN-MRF's patch matching, beside plain brute force.

    pip install ./plugins/stylemix-cnnmrf
    python benchmarks/matching.py

The maps are those of relu3_3 for square pictures: a quarter of the side, 97 channels. *chunked* is
the plugin's search with all patches of both pictures; *sampled* is how the method calls it (every
second position of the picture, 2048 patches of the painting); *brute force* forms every patch and
the whole matrix of similarities at once. Where that matrix would be larger than --most gigabytes,
brute force is only reckoned: its memory from its size, its time from the square of the smaller
picture's. Each runs in a process of its own, and the matches of all patches must be the same.
The chunked search of all patches takes brute force's time; what makes the method quick is sampling.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import torch
import torch.nn.functional as F
from stylemix_cnnmrf.matching import nearest, patches, sample, starts
from torch import Tensor

CHANNELS, STRIDE = 97, 4
WAYS = ("nothing", "sampled", "chunked", "brute force")


def maps(size: int) -> tuple[Tensor, Tensor]:
    """Return smooth random maps of a picture and a painting, [C, h, w]."""
    chance = torch.Generator().manual_seed(0)
    side = size // STRIDE
    coarse = torch.randn(2, CHANNELS, side // 4, side // 4, generator=chance)
    one, other = F.interpolate(coarse, size=(side, side), mode="bicubic").relu()
    return one, other


def brute_force(x: Tensor, s: Tensor) -> Tensor:
    """Match every patch with every patch, all similarities at once."""
    queries, keys = (F.unfold(m[None], 3)[0].T for m in (x, s))
    return (F.normalize(queries) @ F.normalize(keys).T).argmax(1)


def chunked(x: Tensor, s: Tensor, stride: int = 1, count: int = 10**9) -> Tensor:
    """Match as the plugin does."""
    rows, columns = (torch.tensor(starts(n, stride)) for n in x.shape[-2:])
    return nearest(patches(x, rows, columns), sample(s, count, torch.Generator().manual_seed(0)))


def peak_memory() -> float:
    """Return this process's peak resident memory in MiB."""
    if sys.platform == "linux":
        # getrusage remembers the peak of the process that started this one.
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def one(way: str, size: int) -> None:
    """Match once, and print seconds, this process's peak MiB and a checksum of the matches."""
    x, s = maps(size)
    begin = time.perf_counter()
    found = torch.zeros(1)
    if way == "brute force":
        found = brute_force(x, s)
    elif way != "nothing":
        found = chunked(x, s) if way == "chunked" else chunked(x, s, 2, 2048)
    seconds = time.perf_counter() - begin
    checksum = int((found * (torch.arange(len(found)) % 97 + 1)).sum())
    print(seconds, peak_memory(), checksum)


def measure(way: str, size: int, threads: int) -> tuple[float, float, int]:
    """Run one way in a process of its own; gives seconds, MiB and the checksum."""
    answer = subprocess.run(
        [sys.executable, __file__, "--threads", str(threads), "--one", way, str(size)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    return float(answer[0]), float(answer[1]), int(float(answer[2]))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--most", type=float, default=4.0, help="GB of brute force's matrix")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.one:
        one(options.one[0], int(options.one[1]))
        return
    print(
        f"relu3_3, {CHANNELS} channels, 3 x 3 patches, {options.threads} thread(s); MiB beyond "
        "the maps and libraries"
    )
    print(f"{'pixels':>6}  {'way':<12}{'seconds':>9}{'MiB':>9}")
    last: tuple[float, int] | None = None
    for size in options.sizes:
        base = measure("nothing", size, options.threads)[1]
        count = (size // STRIDE - 2) ** 2
        same: dict[str, int] = {}
        for way in WAYS[1:]:
            if way != "sampled" and count**2 * 4 > options.most * 1e9:
                if way == "chunked":
                    continue  # nothing to compare it with
                seconds = last[0] * (count / last[1]) ** 2 if last else float("nan")
                memory = (count**2 + 4 * count * 9 * CHANNELS) * 4 / 2**20
                print(f"{size:>6}  {way:<12}{seconds:>9.1f}{memory:>9.0f}  (reckoned)")
                continue
            seconds, peak, same[way] = measure(way, size, options.threads)
            if way == "brute force":
                last = seconds, count
            print(f"{size:>6}  {way:<12}{seconds:>9.2f}{peak - base:>9.0f}")
        if "brute force" in same and same["brute force"] != same["chunked"]:
            sys.exit("the chunked search finds other matches than brute force")


if __name__ == "__main__":
    main()
