"""Candidates for the default's generator: time, parameters, and what equal training makes of them.

    pip install '.[fast]'
    python benchmarks/candidates.py PHOTOGRAPHS PAINTINGS
    python benchmarks/candidates.py PHOTOGRAPHS PAINTINGS --steps 0      # time alone

Each generator draws with OpenVINO and random weights, all in one process and in turns; "GMAC" are
the multiply-adds of its convolutions at 512 x 512. Then each learns from the start to draw what the
default draws of the same crops, in equal steps: "distance" is the mean over the last fifth of them
of the squared error of thin-network features at relu1_2 to relu4_3, relative to the default's, and
falls as the picture nears the default's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

import stylemix
from stylemix.backbones import feature_net
from stylemix.images import read
from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward, build

SIZES = (256, 512, 1024)
CANDIDATES: dict[str, dict[str, Any]] = {
    "lean 96, 8 blocks, expansion 1 (the default)": {"name": "lean", "expansion": 1},
    "lean 96, 8 blocks, expansion 0.5": {"name": "lean", "expansion": 0.5},
    "lean 96, 8 blocks": {"name": "lean"},
    "lean 96, 5 blocks": {"name": "lean", "blocks": 5},
    "lean 96, 12 blocks": {"name": "lean", "blocks": 12},
    "lean 72, 8 blocks": {"name": "lean", "width": 72},
    "lean 120, 8 blocks": {"name": "lean", "width": 120},
    "lean 144, 8 blocks": {"name": "lean", "width": 144},
    "Johnson 24, 5 blocks": {"name": "johnson", "width": 24, "blocks": 5, "grain": True},
    "Johnson 24, 8 blocks": {"name": "johnson", "width": 24, "blocks": 8, "grain": True},
}


def model(generator: dict[str, Any]) -> FeedForward:
    """Build a model of random weights, the same on every call."""
    torch.manual_seed(0)
    made = build(
        {
            "stylizer": "feed_forward",
            "generator": generator,
            "encoder": {"name": "thin"},
            "injections": [{"name": "film"}],
            "style_size": 384,
        }
    )
    assert isinstance(made, FeedForward)
    return made


def multiply_adds(made: FeedForward) -> float:
    """Count the multiply-adds of the generator's convolutions at 512 x 512, in 1e9."""
    total = 0

    def count(layer: nn.Module, _: Any, out: Tensor) -> None:
        nonlocal total
        assert isinstance(layer, nn.Conv2d)
        total += out.shape[-1] * out.shape[-2] * layer.weight.numel()

    layers = [m for m in made.generator.modules() if isinstance(m, nn.Conv2d)]
    handles = [layer.register_forward_hook(count) for layer in layers]
    with torch.inference_mode():
        style = made.prepare(torch.rand(1, 3, 64, 64))
        made(torch.rand(1, 3, 512, 512), StyleMix.single(style))
    for handle in handles:
        handle.remove()
    return total / 1e9


def milliseconds(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median time of each call, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - begin))
    return {name: statistics.median(found) for name, found in times.items()}


def crops(files: list[Path], side: int, batch: int, seed: int) -> Iterator[Tensor]:
    """Yield batches of random crops [batch, 3, side, side]."""
    chance = torch.Generator().manual_seed(seed)
    pictures = [read(file).resized(2 * side).pixels for file in files]
    pictures = [p for p in pictures if min(p.shape[1:]) >= side]
    while True:
        found = []
        for index in torch.randint(len(pictures), (batch,), generator=chance).tolist():
            picture = pictures[index]
            room = [length - side + 1 for length in picture.shape[1:]]
            top, left = (int(torch.randint(r, (), generator=chance)) for r in room)
            found.append(picture[:, top : top + side, left : left + side])
        yield torch.stack(found).float() / 255


def distance(made: FeedForward, photos: list[Path], paintings: list[Path], steps: int) -> float:
    """Train a model to draw what the default draws; return how far it is from it at the end."""
    teacher = stylemix.load("film", device="cpu", runtime="torch").eval()
    assert isinstance(teacher, FeedForward)
    made.encoder.load_state_dict(teacher.encoder.state_dict())
    net = feature_net("thin")
    optimizer = torch.optim.Adam(made.generator.parameters(), 2e-3)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    made.train()
    seen = []
    for contents, styles in zip(crops(photos, 96, 4, 1), crops(paintings, 128, 4, 2), strict=False):
        with torch.no_grad():
            code = teacher.encoder(styles)
            wanted = net(teacher(contents, StyleMix.single(teacher.prepare(None, code))))
        drawn = net(made(contents, StyleMix.single(made.prepare(None, code))))
        loss = torch.stack(
            [(drawn[k] - wanted[k]).square().mean() / wanted[k].square().mean() for k in wanted]
        ).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        seen.append(loss.item())
        if len(seen) == steps:
            break
    return statistics.fmean(seen[-max(1, steps // 5) :])


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photographs", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--steps", type=int, default=300, help="of training; 0 leaves it out")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--most", type=int, default=400, help="pictures of each kind")
    told = parser.parse_args()
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    photos, paintings = (
        sorted(p for p in folder.rglob("*") if p.suffix.lower() in kinds)[: told.most]
        for folder in (told.photographs, told.paintings)
    )
    found: dict[str, dict[int, float]] = {name: {} for name in CANDIDATES}
    compiled = {name: model(config).eval().using("openvino") for name, config in CANDIDATES.items()}
    painting = Image.effect_noise((256, 256), 80).convert("RGB")
    for size in SIZES:
        photo = Image.effect_noise((size, size), 60).convert("RGB")
        calls = {}
        for name, made in compiled.items():
            style = made.encode(painting)
            calls[name] = lambda made=made, style=style, photo=photo: made.stylize(photo, style)
        for name, taken in milliseconds(calls, told.repeats).items():
            found[name][size] = taken
    print("| generator | M parameters | GMAC | " + " | ".join(f"{s} px, ms" for s in SIZES), end="")
    print(" | distance |\n" + "| --- " * (4 + len(SIZES)) + "|")
    for name, config in CANDIDATES.items():
        made = model(config)
        size = sum(p.numel() for p in made.generator.parameters()) / 1e6
        taken = " | ".join(f"{found[name][s]:.0f}" for s in SIZES)
        print(f"| {name} | {size:.2f} | {multiply_adds(made):.1f} | {taken} | ", end="", flush=True)
        far = f"{distance(made, photos, paintings, told.steps):.3f}" if told.steps else ""
        print(far + " |", flush=True)


if __name__ == "__main__":
    main()
