"""Give a trained FiLM model another encoder: it learns the modulations of the one before.

    python docs/training/teach_encoder.py PHOTOGRAPHS PAINTINGS OUTPUT --from runs/film-14 \
        --encoder-weights encoder.safetensors

OUTPUT is a checkpoint with the generator of ``--from`` and ``--encoder`` (the paper's Inception-v3
by default, as ``stylemix pretrain-encoder`` left it), which ``stylemix train`` can begin with.

**First the layers of FiLM**, in closed form: ridge regression from the new embedding of a few
thousand paintings onto the teacher's scales and shifts. **Then the encoder with them**, by Adam:
both encoders look at the same crop, and the error is that of the scales and shifts, each site by
its own spread. No generator and no loss network is needed, so a step costs a pass through the
encoders and back, and the photographs' own codes, which identity pairs and strengths below 1 use,
are learned alike (``--photographs`` is their share of the crops).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

import stylemix
from stylemix import checkpoint
from stylemix.encoders import StyleEncoder
from stylemix.injections import FiLM
from stylemix.ops import place
from stylemix.stylizers import FeedForward, build
from stylemix.training.data import Crops, read_pictures

AVERAGE = 0.99
"""Of the weights that are kept."""
EVERY = 100
"""Steps between two looks at the held-out paintings."""
HELD = 100
"""Paintings held out at most; a tenth of fewer than a thousand."""


def films(model: FeedForward) -> dict[str, FiLM]:
    """Return the FiLM modules by the names of their sites."""
    return {m.site.name: m for m in model.generator.modules() if isinstance(m, FiLM)}


def modulations(model: FeedForward, embedding: Tensor) -> dict[str, Tensor]:
    """Return by site the scales and shifts [N, 2 C] that a model makes of embeddings [N, D]."""
    code = {"embedding": embedding}
    return {name: torch.cat(f.prepare(code), 1).flatten(1) for name, f in films(model).items()}


def started(teacher: FeedForward, encoder: str, weights: str | None) -> FeedForward:
    """Build the teacher's generator on another encoder, gamma itself linear in the embedding."""
    config = {**teacher.config, "encoder": {"name": encoder}}
    config["injections"] = [{**i, "residual": False} for i in teacher.config["injections"]]
    model = build(config)
    assert isinstance(model, FeedForward)
    own = films(model).values()
    given = teacher.generator.state_dict()
    inside = {id(p) for f in own for p in f.parameters()}
    kept = {n: p for n, p in model.generator.named_parameters() if id(p) in inside}
    model.generator.load_state_dict({**given, **kept})
    model.encoder.initialize(weights or None)
    return model


def ridge(model: FeedForward, embedding: Tensor, wanted: dict[str, Tensor], amount: float) -> None:
    """Fit the layers of FiLM to modulations of paintings by least squares.

    Minimises ``sum |W z + b - m|^2 + amount * N * var(z) |W|^2`` in float64.

    Args:
        model: changed in place.
        embedding: z, [N, D].
        wanted: m of each site, [N, 2 C].
        amount: of the ridge, above 0.
    """
    z = embedding.double()
    mean = z.mean(0)
    z = z - mean
    matrix = z.T @ z
    matrix += amount * matrix.diagonal().mean() * torch.eye(z.shape[1], dtype=z.dtype)
    for name, film in films(model).items():
        goal = wanted[name].double()
        weight = torch.linalg.solve(matrix, z.T @ (goal - goal.mean(0))).T
        film.linear.weight.data.copy_(weight)
        film.linear.bias.data.copy_(goal.mean(0) - weight @ mean)


class Looks:
    """Crops of paintings and photographs, and what the teacher makes of them.

    Args:
        teacher: whose modulations are the goal.
        paintings: some of them, spread evenly, are held out.
        photographs: nothing of them is.
        share: of photographs among the crops.
    """

    def __init__(
        self, teacher: FeedForward, paintings: Crops, photographs: Crops, share: float
    ) -> None:
        self.teacher, self.paintings, self.photographs = teacher, paintings, photographs
        self.share = share
        self.held = list(range(0, len(paintings), max(10, -(-len(paintings) // HELD))))
        self.kept = sorted(set(range(len(paintings))) - set(self.held))

    def draw(
        self, count: int, side: int, zoom: float, chance: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return crops [count, 3, side, side] and the teacher's modulations of them."""
        painted = round(count * (1 - self.share))
        parts = []
        for crops, group, size in (
            (self.paintings, self.kept, painted),
            (self.photographs, range(len(self.photographs)), count - painted),
        ):
            rows = torch.randint(len(group), (size,), generator=chance).tolist()
            window = torch.rand(size, 4, generator=chance)
            if size:
                parts.append(crops.cut([group[r] for r in rows], side, window, zoom))
        images = torch.cat(parts)
        return images, self.wanted(images)

    def middles(self, numbers: Sequence[int], side: int) -> Tensor:
        """Return the middles of paintings."""
        return self.paintings.cut(numbers, side, torch.full((len(numbers), 4), 0.5))

    @torch.no_grad()
    def wanted(self, images: Tensor) -> dict[str, Tensor]:
        """Return the teacher's modulations of pictures."""
        return modulations(self.teacher, self.teacher.encoder(images)["embedding"])

    @torch.no_grad()
    def looked_at(
        self, encoder: StyleEncoder, numbers: Sequence[int], side: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return an encoder's embeddings of paintings, and the teacher's modulations."""
        found, goals = [], []
        for number in tqdm(numbers, desc="looking at paintings", leave=False):
            image = self.middles([number], side)
            found.append(encoder(image)["embedding"])
            goals.append(self.wanted(image))
        return torch.cat(found), {n: torch.cat([g[n] for g in goals]) for n in goals[0]}


def explained(model: FeedForward, embedding: Tensor, wanted: dict[str, Tensor]) -> dict[str, float]:
    """Return by site the share of the modulations' variance that a model's embeddings explain."""
    with torch.no_grad():
        made = modulations(model, embedding)
    return {
        name: round(1 - float((made[name] - goal).square().sum() / spread_of(goal)), 3)
        for name, goal in wanted.items()
    }


def spread_of(goal: Tensor) -> Tensor:
    """Return the sum of squares around the mean over pictures."""
    return (goal - goal.mean(0)).square().sum()


def teach(
    model: FeedForward, looks: Looks, spread: dict[str, Tensor], told: argparse.Namespace
) -> tuple[FeedForward, list[dict[str, float]]]:
    """Train encoder and FiLM on the teacher's modulations.

    Args:
        model: changed in place.
        looks: what is looked at.
        spread: by site, the mean variance of the modulations.
        told: the command's options.

    Returns:
        The model with averaged weights, and a curve of the explained variance, a mean of sites.
    """
    layers = [p for f in films(model).values() for p in f.linear.parameters()]
    trunk = list(model.encoder.trunk.parameters())
    inside = {id(p) for p in trunk}
    head = [p for p in model.encoder.parameters() if id(p) not in inside]
    groups = [
        {"params": [*head, *layers], "lr": told.rate},
        {"params": [p for p in trunk if p.requires_grad], "lr": told.rate * told.trunk},
    ]
    optimizer = torch.optim.Adam(groups, betas=(0.9, 0.99))
    peaks = [group["lr"] for group in groups]
    averaged = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    curve = []
    begin = time.monotonic()
    for step in range(told.steps):
        model.train()
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            warm = min(1.0, (step + 1) / 20)
            group["lr"] = peak * warm * 0.5 * (1 + math.cos(math.pi * step / told.steps))
        chance = torch.Generator().manual_seed(step)
        side = told.crop[int(torch.randint(len(told.crop), (), generator=chance))]
        images, wanted = looks.draw(told.batch, side, told.zoom, chance)
        made = modulations(model, model.encoder(images)["embedding"])
        loss = torch.stack(
            [(made[n] - goal).square().mean() / spread[n] for n, goal in wanted.items()]
        ).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*head, *layers, *trunk], 1.0)
        optimizer.step()
        averaged.update_parameters(model)
        if (step + 1) % EVERY == 0 or step + 1 == told.steps:
            found = explained_of_held(averaged.module, looks, max(told.crop))
            mean = sum(found.values()) / len(found)
            curve.append({"step": step + 1, "loss": round(loss.item(), 4), "explained": mean})
            print(json.dumps(curve[-1]), f"{time.monotonic() - begin:.0f} s", flush=True)
    return averaged.module.eval(), curve


def explained_of_held(model: FeedForward, looks: Looks, side: int) -> dict[str, float]:
    """Return the explained variance by site on paintings that were held out."""
    embedding, wanted = looks.looked_at(model.encoder.eval(), looks.held, side)
    return explained(model, embedding, wanted)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, fit, teach, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("output", type=Path)
    parser.add_argument("--from", dest="source", required=True, help="a FiLM model")
    parser.add_argument("--encoder", default="inception")
    parser.add_argument("--encoder-weights", default="")
    parser.add_argument("--limit", type=int, default=0, help="pictures of each kind, 0 for all")
    parser.add_argument("--fitted", type=int, default=2000, help="paintings that FiLM is fitted to")
    parser.add_argument("--ridge", type=float, default=0.01)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument(
        "--crop",
        type=int,
        nargs="+",
        default=[224],
        help="sides of the crops in pixels; the teacher has to be at home in them",
    )
    parser.add_argument("--zoom", type=float, default=1.4)
    parser.add_argument("--photographs", type=float, default=0.25, help="share of the crops")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--trunk", type=float, default=0.2, help="share of the rate for the trunk")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(arguments)
    torch.manual_seed(told.seed)
    teacher = stylemix.load(told.source, device="cpu", runtime="torch")
    assert isinstance(teacher, FeedForward)
    teacher.eval().requires_grad_(False)
    model = place(started(teacher, told.encoder, told.encoder_weights), "cpu").eval()
    paintings, photographs = (
        Crops(read_pictures([folder], side, what=what, limit=told.limit), torch.device("cpu"))
        for folder, side, what in ((told.style, 384, "style"), (told.content, 288, "content"))
    )
    looks = Looks(teacher, paintings, photographs, told.photographs)
    numbers = looks.kept[:: 1 + len(looks.kept) // told.fitted]
    model.encoder.calibrate(looks.middles(numbers[:256], min(told.crop)))
    embedding, wanted = looks.looked_at(model.encoder, numbers, min(told.crop))
    ridge(model, embedding, wanted, told.ridge)
    spread = {n: (spread_of(goal) / goal.numel()).clamp_min(1e-6) for n, goal in wanted.items()}
    fitted = explained_of_held(model, looks, max(told.crop))
    print("fitted", json.dumps(fitted), flush=True)
    model, curve = teach(model, looks, spread, told)
    taught = explained_of_held(model, looks, max(told.crop))
    print("taught", json.dumps(taught), flush=True)
    checkpoint.save(
        model,
        told.output,
        card={
            "description": "A FiLM model whose encoder has learned another one's modulations.",
            "training": {
                "teacher": Path(told.source).name,
                "paintings": len(paintings),
                "photographs": len(photographs),
                "steps": told.steps,
                "batch": told.batch,
                "crops": told.crop,
                "explained_by_ridge": fitted,
                "explained": taught,
                "curve": curve,
            },
        },
    )


if __name__ == "__main__":
    main()
