"""Make a faster model of a trained one: fewer inner channels, taught by its teacher's pictures.

``python docs/training/prune.py PHOTOGRAPHS PAINTINGS OUTPUT --expansion 1 --steps 2400`` takes
channels out of the blocks of a ``lean`` generator with FiLM, and trains what is left to draw what
the whole one draws. OUTPUT is a checkpoint, written anew every ``--save`` steps with all that
going on needs: the same command goes on where it was stopped.

**Pruning.** What a block adds is a product of its inner features with the weights ``W`` [C, N]
behind them. Features of many pictures have the covariance ``H`` [N, N] (within each picture, as the
normalization behind takes its means off). The features S that stay do for all of them by
``W H[:, S] H[S, S]^-1``, the least squares; channels go one by one, each time the one whose loss
costs least (He et al., "Channel pruning for accelerating very deep neural networks", 2017, choose
by a lasso).

**Teaching.** The loss is the squared error of the picture and of the thin network's features of it,
relative to the teacher's own. The painting's code is the teacher's: the encoder stays as it is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

import stylemix
from stylemix import checkpoint
from stylemix.backbones import FeatureNet, feature_net
from stylemix.generators.lean import Block
from stylemix.images import read
from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward, build

WIDE = Path(__file__).parent / "film-wide"
KINDS = {".jpg", ".jpeg", ".png", ".webp"}
PIXELS = 20.0
"""Weight of the picture's squared error beside that of its features."""
AVERAGE = 0.998
"""Of the weights that are kept."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Prune, or go on; teach; save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--from", dest="source", default=str(WIDE))
    parser.add_argument("--expansion", type=float, default=1.25)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--most", type=int, default=1500, help="pictures of each kind")
    parser.add_argument("--save", type=int, default=100, help="steps between checkpoints")
    told = parser.parse_args(arguments)
    teacher = _load(told.source).eval().requires_grad_(False)
    photographs, paintings = (
        _read(folder, told.most, side)
        for folder, side in ((told.photographs, 2 * told.crop), (told.paintings, 256))
    )
    codes = _codes(teacher, paintings)
    generator = {**teacher.config["generator"], "expansion": told.expansion}
    student = build({**teacher.config, "generator": generator})
    assert isinstance(student, FeedForward)
    state = told.output / "state.pt"
    if not state.exists():
        chance = torch.Generator().manual_seed(0)
        seen = torch.stack(list(_crops(photographs, told.crop, 64, chance)))
        prune(teacher, student, seen, codes)
    teach(teacher, student, photographs, codes, told, state)


def _load(name: str) -> FeedForward:
    model = stylemix.load(name, device="cpu", runtime="torch")
    assert isinstance(model, FeedForward)
    return model


def _read(folder: Path, most: int, side: int) -> list[Tensor]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in KINDS)
    files = files[:: 1 + len(files) // most]
    return [read(file, long_side=2 * side).resized(3 * side // 2).pixels for file in files]


@torch.no_grad()
def _codes(teacher: FeedForward, paintings: list[Tensor]) -> Tensor:
    """Return the paintings' embeddings [N, C]."""
    return torch.cat([teacher.encoder(p[None].float() / 255)["embedding"] for p in paintings])


def _crops(
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


def _mix(model: FeedForward, codes: Tensor) -> StyleMix:
    return StyleMix.single(model.prepare(None, {"embedding": codes}))


@torch.no_grad()
def prune(teacher: FeedForward, student: FeedForward, photographs: Tensor, codes: Tensor) -> None:
    """Give a student the teacher's weights, with the inner channels that it has room for.

    Args:
        teacher: the generator ``lean`` with FiLM.
        student: the same with fewer inner channels; changed in place.
        photographs: what the features are taken of, [M, 3, H, W] in [0, 1].
        codes: of paintings, [N, C]; each photograph is drawn in the style of one.
    """
    blocks = [m for m in teacher.generator.modules() if isinstance(m, Block)]
    found: dict[Block, Tensor] = {}

    def add(block: Block, features: Tensor) -> None:
        flat = features.flatten(2)
        flat = flat - flat.mean(2, keepdim=True)
        found[block] = found.get(block, torch.zeros(())) + torch.einsum("bct,bdt->cd", flat, flat)

    handles = [
        b.project.register_forward_pre_hook(lambda _, given, b=b: add(b, given[0])) for b in blocks
    ]
    styles = torch.linspace(0, len(codes) - 1, len(photographs)).long()
    for photograph, style in zip(photographs.split(4), styles.split(4), strict=True):
        teacher(photograph, _mix(teacher, codes[style]))
    for handle in handles:
        handle.remove()
    weights = teacher.state_dict()
    small = [m for m in student.generator.modules() if isinstance(m, Block)]
    names = {m: name for name, m in teacher.named_modules()}
    for block, other in zip(blocks, small, strict=True):
        kept, mixed = chosen(
            block.project.conv.weight[:, :, 0, 0].double(),
            found[block].double(),
            other.expand.out_channels,
        )
        name = names[block]
        for part in ("weight", "bias"):
            weights[f"{name}.expand.{part}"] = weights[f"{name}.expand.{part}"][kept]
        weights[f"{name}.project.conv.weight"] = mixed.float()[:, :, None, None]
    student.load_state_dict(weights)


def chosen(weights: Tensor, covariance: Tensor, room: int) -> tuple[Tensor, Tensor]:
    """Return which features stay and the weights that make up for the others.

    Args:
        weights: ``W`` [C, N].
        covariance: ``H`` [N, N] of the features.
        room: how many stay.

    Returns:
        Indices [room], in order, and ``W H[:, S] H[S, S]^-1`` [C, room].
    """
    size = len(covariance)
    ridge = 1e-6 * covariance.diagonal().mean() * torch.eye(size, dtype=covariance.dtype)
    covariance = covariance + ridge
    kept = torch.arange(size)
    while True:
        inverse = torch.linalg.inv(covariance[kept][:, kept])
        mixed = weights @ covariance[:, kept] @ inverse
        if len(kept) <= room:
            return kept, mixed
        # What leaving out one more adds to the error: the optimal brain surgeon's saliency
        # (Hassibi and Stork, 1993).
        cost = mixed.square().sum(0) / inverse.diagonal()
        kept = torch.cat([kept[: cost.argmin()], kept[cost.argmin() + 1 :]])


def distance(net: FeatureNet, drawn: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return the squared error of pictures [B, 3, H, W], and that of their features, relative."""
    with torch.no_grad():
        goal = net(wanted)
    found = net(drawn)
    features = [(found[k] - goal[k]).square().mean() / goal[k].square().mean() for k in goal]
    return (drawn - wanted).square().mean(), torch.stack(features).mean()


def teach(
    teacher: FeedForward,
    student: FeedForward,
    photographs: list[Tensor],
    codes: Tensor,
    told: argparse.Namespace,
    state: Path,
) -> None:
    """Train the student to draw what the teacher draws; save its averaged weights."""
    net = feature_net("thin")
    student.encoder.requires_grad_(False)
    student.train()
    parameters = [p for p in student.generator.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, told.rate, betas=(0.9, 0.99))
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, told.rate, total_steps=told.steps, pct_start=0.05
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        student.generator, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    start = 0
    if state.exists():
        held = torch.load(state, weights_only=True)
        start = held["step"]
        for name, part in (
            ("student", student),
            ("average", averaged),
            ("optimizer", optimizer),
            ("rates", rates),
        ):
            part.load_state_dict(held[name])
    begin = time.monotonic()
    for step in range(start, told.steps):
        chance = torch.Generator().manual_seed(step)
        content = torch.stack(list(_crops(photographs, told.crop, told.batch, chance)))
        style = codes[torch.randint(len(codes), (told.batch,), generator=chance)]
        with torch.no_grad():
            wanted = teacher(content, _mix(teacher, style))
        pixels, features = distance(net, student(content, _mix(student, style)), wanted)
        optimizer.zero_grad(set_to_none=True)
        (PIXELS * pixels + features).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        rates.step()
        averaged.update_parameters(student.generator)
        done = step + 1
        if done % 20 == 0:
            spent = time.monotonic() - begin
            print(f"{done} {pixels.item():.5f} {features.item():.4f} {spent:.0f} s", flush=True)
        if done % told.save == 0 or done == told.steps:
            _save(student, averaged, told.output, state, done, optimizer, rates)


def _save(
    student: FeedForward,
    averaged: torch.optim.swa_utils.AveragedModel,
    output: Path,
    state: Path,
    step: int,
    optimizer: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    made = build(student.config)
    assert isinstance(made, FeedForward)
    made.load_state_dict(student.state_dict())
    made.generator.load_state_dict(averaged.module.state_dict())
    checkpoint.save(made.eval(), output)
    held = {
        "step": step,
        "student": student.state_dict(),
        "average": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rates": rates.state_dict(),
    }
    torch.save(held, state.with_suffix(".new"))
    state.with_suffix(".new").replace(state)


if __name__ == "__main__":
    main()
