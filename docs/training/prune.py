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

**Teaching** ([teach.py](teach.py)). The painting's code is the teacher's: the encoder stays as it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from teach import crops, load, options, read_pictures, state_of, teach
from torch import Tensor

from stylemix.generators.lean import Block
from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward, build

WIDE = Path(__file__).parent / "film-wide"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prune, or go on; teach; save."""
    parser = options(__doc__)
    parser.add_argument("--from", dest="source", default=str(WIDE))
    parser.add_argument("--expansion", type=float, default=1.25)
    told = parser.parse_args(arguments)
    teacher = load(told.source).eval().requires_grad_(False)
    photographs, paintings = (
        read_pictures(folder, told.most, side)
        for folder, side in ((told.photographs, 2 * told.crop), (told.paintings, 256))
    )
    codes = _codes(teacher, paintings)
    generator = {**teacher.config["generator"], "expansion": told.expansion}
    student = build({**teacher.config, "generator": generator})
    assert isinstance(student, FeedForward)
    if not state_of(told.output).exists():
        chance = torch.Generator().manual_seed(0)
        seen = torch.stack(list(crops(photographs, told.crop, 64, chance)))
        prune(teacher, student, seen, codes)
    student.encoder.requires_grad_(False)

    def lesson(chance: torch.Generator) -> tuple[Tensor, Callable[[FeedForward], StyleMix]]:
        content = torch.stack(list(crops(photographs, told.crop, told.batch, chance)))
        style = codes[torch.randint(len(codes), (told.batch,), generator=chance)]
        return content, lambda model: _mix(model, style)

    teach(teacher, student, lesson, told)


@torch.no_grad()
def _codes(teacher: FeedForward, paintings: list[Tensor]) -> Tensor:
    """Return the paintings' embeddings [N, C]."""
    return torch.cat([teacher.encoder(p[None].float() / 255)["embedding"] for p in paintings])


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


if __name__ == "__main__":
    main()
