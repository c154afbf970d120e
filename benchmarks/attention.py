"""Time and memory of attention over a picture, beside the plain formula.

    python benchmarks/attention.py

The first table is one attention from each place of a map to the places of another map of the same
size: the formula written out, with the weights of all pairs at once; ``stylemix.ops.attend``,
which takes the places in chunks; and the same with a sample of the places attended to, as the
attention plugins use it. CPU seconds, of all threads, say more than seconds where the machine has
other work to do. The second is one pass of each of these plugins' networks, where they are
installed, with fresh weights and the style encoded before. Peak memory is taken in a process of its
own for each.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

WAYS = ("all pairs at once", "in chunks", "in chunks, sampled")
PRESETS = ("sanet", "adaattn", "stytr2")
NOTHING = "libraries alone"


def tokens(options: argparse.Namespace) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, key and value, each [1, 1, places, channels]."""
    torch.manual_seed(0)
    places = (options.size // options.stride) ** 2
    q, k, v = (torch.randn(1, 1, places, options.channels) for _ in range(3))
    return q, k, v


def attention(name: str, options: argparse.Namespace) -> Callable[[], Tensor]:
    """Return a function that runs one attention."""
    q, k, v = tokens(options)
    if name == WAYS[0]:
        scale = options.channels**-0.5
        return lambda: torch.softmax(scale * (q @ k.transpose(2, 3)), 3) @ v

    from stylemix.ops.attention import attend, sample_positions

    if name == WAYS[1]:
        return lambda: attend(q, k, v)
    chosen = sample_positions(k.shape[2], options.keys)
    if chosen is not None:
        k, v = k[:, :, chosen], v[:, :, chosen]
    return lambda: attend(q, k, v)


def network(name: str, options: argparse.Namespace) -> Callable[[], Tensor]:
    """Return a function that runs one pass of a plugin's network."""
    import stylemix
    from stylemix.plugins import registry
    from stylemix.stylizers import FeedForward, build

    torch.manual_seed(0)
    model = build(dict(registry("presets").get(name))).eval()
    assert isinstance(model, FeedForward)
    content = torch.rand(1, 3, options.size, options.size)
    mix = stylemix.StyleMix.single(model.prepare(torch.rand(1, 3, 256, 320)))
    return lambda: model(content, mix)


def prepare(name: str, options: argparse.Namespace) -> Callable[[], Tensor]:
    """Return what a row of the tables runs."""
    return attention(name, options) if name in WAYS else network(name, options)


def peak_memory() -> float:
    """Return this process's peak resident memory in MiB."""
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def in_a_process_of_its_own(name: str) -> float:
    """Measure the memory of one row where nothing else has run."""
    command = [sys.executable, __file__, *sys.argv[1:], "--memory-of", name]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(answer.splitlines()[-1])


def seconds(runs: dict[str, Callable[[], Tensor]], times: int) -> dict[str, tuple[float, float]]:
    """Return each row's median time, and that of all its threads together, measured in turns."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(times):
        for name, run in runs.items():
            start, processor = time.perf_counter(), time.process_time()
            run()
            found[name].append((time.perf_counter() - start, time.process_time() - processor))
    return {
        name: (statistics.median(t for t, _ in values), statistics.median(c for _, c in values))
        for name, values in found.items()
    }


def table(names: list[str], memory: dict[str, float], options: argparse.Namespace) -> None:
    """Measure times and print some rows."""
    runs = {name: prepare(name, options) for name in names}
    took = seconds(runs, options.runs)
    print(f"{'':<22}{'seconds':>9}{'CPU s':>9}{'peak MiB':>10}")
    for name in names:
        elapsed, processor = took[name]
        print(f"{name:<22}{elapsed:>9.3f}{processor:>9.3f}{memory[name]:>10.0f}")
    if WAYS[0] in runs and WAYS[1] in runs:
        error = (runs[WAYS[0]]() - runs[WAYS[1]]()).abs().max()
        print(f"largest difference between the first two: {float(error):.1e}")


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=1024, help="side of the picture")
    parser.add_argument("--stride", type=int, default=8, help="pixels per place of the map")
    parser.add_argument("--channels", type=int, default=128)
    parser.add_argument("--keys", type=int, default=4096, help="places attended to, at most")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        if options.memory_of:
            if options.memory_of == NOTHING:
                import stylemix  # noqa: F401
            else:
                prepare(options.memory_of, options)()
            print(peak_memory())
            return
        from stylemix.plugins import registry

        present = [name for name in PRESETS if name in registry("presets").names()]
        # The memory first: a process starts with its parent's peak.
        memory = {name: in_a_process_of_its_own(name) for name in (*WAYS, *present, NOTHING)}
        side = options.size // options.stride
        print(
            f"attention from {side} x {side} to {side} x {side} places of {options.channels} "
            f"channels, {options.threads} threads, median of {options.runs} runs"
        )
        table(list(WAYS), memory, options)
        print(f"\none pass at {options.size} x {options.size}")
        table(present, memory, options)
        print(f"{NOTHING:<40}{memory[NOTHING]:>10.0f}")


if __name__ == "__main__":
    main()
