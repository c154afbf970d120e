"""Teach a model to draw what another one draws.

``python docs/training/teach.py PHOTOGRAPHS PAINTINGS OUTPUT --teacher film --student stytr2
--steps 4000`` shows both models crops of photographs and paintings, and trains all of the student.
To follow a teacher takes a small part of the steps that the losses of style transfer take: what is
wanted of every pixel is known, and nothing but the teacher's pictures is computed for it. OUTPUT is
a checkpoint, written anew every ``--save`` steps with all that going on needs: the same command
goes on where it was stopped.

The loss is the squared error of the picture and of the thin network's features of it, relative to
the teacher's own.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

import stylemix
from stylemix import checkpoint
from stylemix.backbones import FeatureNet, feature_net
from stylemix.images import read
from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward, build

KINDS = {".jpg", ".jpeg", ".png", ".webp"}
PIXELS = 20.0
"""Weight of the picture's squared error beside that of its features."""
AVERAGE = 0.998
"""Of the weights that are kept."""

Lesson = Callable[[torch.Generator], tuple[Tensor, Callable[[FeedForward], StyleMix]]]
"""Draws photographs [B, 3, H, W], and what makes each model's mixture for them."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach, or go on; save."""
    parser = options(__doc__)
    parser.add_argument("--teacher", default="film")
    parser.add_argument("--student", default="stytr2")
    told = parser.parse_args(arguments)
    teacher, student = (load(name) for name in (told.teacher, told.student))
    photographs, paintings = (
        read_pictures(folder, told.most, 2 * told.crop)
        for folder in (told.photographs, told.paintings)
    )

    def lesson(chance: torch.Generator) -> tuple[Tensor, Callable[[FeedForward], StyleMix]]:
        content, style = (
            torch.stack(list(crops(pictures, told.crop, told.batch, chance)))
            for pictures in (photographs, paintings)
        )
        return content, lambda model: StyleMix.single(model.prepare(style))

    teach(teacher.eval().requires_grad_(False), student, lesson, told)


def options(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every teaching is told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--most", type=int, default=1500, help="pictures of each kind")
    parser.add_argument("--save", type=int, default=100, help="steps between checkpoints")
    return parser


def load(name: str) -> FeedForward:
    """Return a model that draws in one pass, on the CPU, in PyTorch."""
    model = stylemix.load(name, device="cpu", runtime="torch")
    if not isinstance(model, FeedForward):
        raise SystemExit(f"{name} doesn't draw in one pass")
    return model


def read_pictures(folder: Path, most: int, side: int) -> list[Tensor]:
    """Return some of a folder's pictures [3, H, W] uint8, of ``3 / 2 side`` pixels at most."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in KINDS)
    files = files[:: 1 + len(files) // most]
    return [read(file, long_side=2 * side).resized(3 * side // 2).pixels for file in files]


def crops(
    pictures: list[Tensor], side: int, count: int, chance: torch.Generator
) -> Iterator[Tensor]:
    """Yield random crops [3, side, side] in [0, 1], half of them mirrored."""
    room = [p for p in pictures if min(p.shape[1:]) >= side]
    for index in torch.randint(len(room), (count,), generator=chance).tolist():
        picture = room[index]
        top, left = (
            int(torch.randint(length - side + 1, (), generator=chance))
            for length in picture.shape[1:]
        )
        crop = picture[:, top : top + side, left : left + side].float() / 255
        yield crop.flip(2) if torch.rand((), generator=chance) < 0.5 else crop


def distance(net: FeatureNet, drawn: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return the squared error of pictures [B, 3, H, W], and that of their features, relative."""
    with torch.no_grad():
        goal = net(wanted)
    found = net(drawn)
    features = [(found[k] - goal[k]).square().mean() / goal[k].square().mean() for k in goal]
    return (drawn - wanted).square().mean(), torch.stack(features).mean()


def state_of(output: Path) -> Path:
    """Return the file that holds what going on needs."""
    return output / "state.pt"


def teach(
    teacher: FeedForward, student: FeedForward, lesson: Lesson, told: argparse.Namespace
) -> None:
    """Train the student to draw what the teacher draws; save its averaged weights.

    Args:
        teacher: its weights stay as they are.
        student: those of its weights that need a gradient are trained.
        lesson: draws what both are shown.
        told: what :func:`options` reads.
    """
    net = feature_net("thin")
    student.train()
    parameters = [p for p in student.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, told.rate, betas=(0.9, 0.99))
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, told.rate, total_steps=told.steps, pct_start=0.05
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        student, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    parts = {"student": student, "average": averaged, "optimizer": optimizer, "rates": rates}
    start = 0
    if state_of(told.output).exists():
        held = torch.load(state_of(told.output), weights_only=True)
        start = held["step"]
        for name, part in parts.items():
            part.load_state_dict(held[name])
    begin = time.monotonic()
    for step in range(start, told.steps):
        content, mixture = lesson(torch.Generator().manual_seed(step))
        with torch.no_grad():
            wanted = teacher(content, mixture(teacher))
        pixels, features = distance(net, student(content, mixture(student)), wanted)
        optimizer.zero_grad(set_to_none=True)
        (PIXELS * pixels + features).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        rates.step()
        averaged.update_parameters(student)
        done = step + 1
        if done % 20 == 0:
            spent = time.monotonic() - begin
            print(f"{done} {pixels.item():.5f} {features.item():.4f} {spent:.0f} s", flush=True)
        if done % told.save == 0 or done == told.steps:
            held = {name: part.state_dict() for name, part in parts.items()}
            save(averaged.module, told.output, {**held, "step": done})


def save(averaged: FeedForward, output: Path, held: dict[str, object]) -> None:
    """Write a checkpoint, and what going on needs."""
    made = build(averaged.config)
    made.load_state_dict(averaged.state_dict())
    checkpoint.save(made.eval(), output)
    state = state_of(output)
    torch.save(held, state.with_suffix(".new"))
    state.with_suffix(".new").replace(state)


if __name__ == "__main__":
    main()
