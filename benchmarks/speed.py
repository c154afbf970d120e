"""Time, parameters and memory of one pass, beside a network for a single style.

    python benchmarks/speed.py

Both networks run on the same picture in the same process, in turns, with the style already
encoded. Peak memory is taken in a process of its own for each. The other network is the
transformer of the ``fast_neural_style`` example of PyTorch, rebuilt from its description: it has
to be trained anew for each style, which makes it the yardstick for what choosing the style at
run time costs.
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
import torch.nn.functional as F
from torch import Tensor, nn

NETWORKS = ("stylemix", "one style")
NOTHING = "libraries alone"


class Convolution(nn.Sequential):
    """A convolution behind reflection padding."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.ReflectionPad2d(kernel // 2), nn.Conv2d(channels_in, channels_out, kernel, stride)
        )


class Residual(nn.Module):
    """Two convolutions with instance normalisation, and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Convolution(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
            nn.ReLU(),
            Convolution(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Turn [B, C, h, w] into [B, C, h, w]."""
        return x + self.body(x)


class Upsampling(nn.Module):
    """Doubling by nearest neighbours in front of a convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.convolution = Convolution(channels_in, channels_out, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Turn [B, C, h, w] into [B, C', 2h, 2w]."""
        return self.convolution(F.interpolate(x, scale_factor=2, mode="nearest"))


def one_style_network() -> nn.Sequential:
    """Build the transformer of Johnson et al. (2016) as PyTorch's example has it."""

    def unit(convolution: nn.Module, channels: int) -> list[nn.Module]:
        return [convolution, nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]

    return nn.Sequential(
        *unit(Convolution(3, 32, 9), 32),
        *unit(Convolution(32, 64, 3, stride=2), 64),
        *unit(Convolution(64, 128, 3, stride=2), 128),
        *(Residual(128) for _ in range(5)),
        *unit(Upsampling(128, 64), 64),
        *unit(Upsampling(64, 32), 32),
        Convolution(32, 3, 9),
    )


def prepare(name: str, options: argparse.Namespace) -> tuple[Callable[[], Tensor], int]:
    """Return a function that runs one pass, and how many parameters take part in it."""
    torch.manual_seed(0)
    content = torch.rand(1, 3, options.size, options.size)
    if name == "one style":
        network = one_style_network().eval()
        # That network's pictures are in [0, 255].
        return lambda: network(content * 255), count(network)

    import stylemix

    stylizer = stylemix.load(options.model, device="cpu")
    mix = stylemix.StyleMix.single(stylizer.encode(torch.rand(3, 256, 256)))
    return lambda: stylizer(content, mix), count(stylizer.generator)


def count(network: nn.Module) -> int:
    """Return a network's number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def time_in_turns(options: argparse.Namespace) -> dict[str, tuple[list[float], int]]:
    """Return each network's seconds per pass and its parameters."""
    prepared = {name: prepare(name, options) for name in NETWORKS}
    seconds: dict[str, list[float]] = {name: [] for name in NETWORKS}
    for run, _ in prepared.values():
        run()
    for _ in range(options.runs):
        for name, (run, _) in prepared.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: (seconds[name], parameters) for name, (_, parameters) in prepared.items()}


def peak_memory() -> float:
    """Return this process's peak resident memory in MiB."""
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def memory_of_one_pass(name: str, options: argparse.Namespace) -> float:
    """Run one network once, or nothing, and give this process's peak memory in MiB."""
    if name != NOTHING:
        run, _ = prepare(name, options)
        run()
    return peak_memory()


def in_a_process_of_its_own(name: str) -> float:
    """Measure the memory of one network where nothing else has run."""
    command = [sys.executable, __file__, *sys.argv[1:], "--memory-of", name]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(answer.splitlines()[-1])


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=512, help="side of the picture")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model", default="film", help="name, folder or Hub repository")
    parser.add_argument("--memory-of", choices=(*NETWORKS, NOTHING), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        if options.memory_of:
            print(memory_of_one_pass(options.memory_of, options))
            return
        # The memory first: a process starts with its parent's peak.
        memory = {name: in_a_process_of_its_own(name) for name in (*NETWORKS, NOTHING)}
        times = time_in_turns(options)
    print(
        f"{options.size} x {options.size}, {options.threads} threads, "
        f"median of {options.runs} runs, style encoded before"
    )
    print(f"{'':<15}{'seconds':>9}{'fastest':>9}{'parameters':>12}{'peak MiB':>10}")
    for name, (seconds, parameters) in times.items():
        print(
            f"{name:<15}{statistics.median(seconds):>9.3f}{min(seconds):>9.3f}"
            f"{parameters:>12,}{memory[name]:>10.0f}"
        )
    print(f"{NOTHING:<45}{memory[NOTHING]:>10.0f}")
    ratio = statistics.median(times[NETWORKS[0]][0]) / statistics.median(times[NETWORKS[1]][0])
    print(f"stylemix takes {ratio:.2f} of the other's time")


if __name__ == "__main__":
    main()
