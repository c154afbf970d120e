"""The bank: crops of paintings with everything about them that training never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from tqdm import tqdm

from stylemix.encoders import StyleEncoder
from stylemix.losses.objective import Objective, Targets
from stylemix.ops import stream
from stylemix.stylizers import FeedForward
from stylemix.training.data import Crops
from stylemix.training.model.config import TrainConfig
from stylemix.training.model.pool import Pool, cut
from stylemix.training.state import replace_file

CHUNK = {"cuda": 48}
"""Crops that are looked at together, by the kind of device; 8 on others."""


@dataclass(frozen=True)
class Bank:
    """M crops, their loss targets and their encoder statistics.

    Targets are float16, each divided by its largest entry: Gram matrices at VGG-16's scale
    don't fit float16 otherwise.

    Attributes:
        crops: uint8 [M, 3, side, side].
        targets: by ``"label/number"``, float16 [M, ...].
        scales: what each target was divided by, float32 [M].
        statistics: what the encoder measured, float32 [M, S], or None where all of it learns.
    """

    crops: Tensor
    targets: Mapping[str, Tensor]
    scales: Mapping[str, Tensor]
    statistics: Tensor | None

    def __len__(self) -> int:
        return len(self.crops)

    def images(self, indices: Tensor) -> Tensor:
        """Return crops as float32 [N, 3, side, side] in [0, 1]."""
        return self.crops[indices].float() / 255

    def targets_of(self, indices: Tensor) -> Targets:
        """Return the targets of the chosen crops, as :meth:`Objective.prepare_one` would."""
        found: dict[str, list[Tensor]] = {}
        for key in sorted(self.targets, key=lambda k: (k.split("/")[0], int(k.split("/")[1]))):
            target = self.targets[key][indices].float()
            scale = self.scales[key][indices].view(-1, *[1] * (target.ndim - 1))
            found.setdefault(key.split("/")[0], []).append(target * scale)
        return found


@torch.no_grad()
def make_bank(
    paintings: Crops | Pool,
    per_painting: int,
    side: int,
    objective: Objective,
    encoder: StyleEncoder,
    seed: int,
    precision: torch.dtype = torch.float32,
    *,
    progress: bool = False,
) -> Bank:
    """Cut crops of every painting at its own scale and look at them once.

    Args:
        paintings: where crops come from.
        per_painting: how many of each.
        side: of a crop, in pixels.
        objective: makes the targets.
        encoder: makes the statistics.
        seed: of the crops.
        precision: of the feature network's autocast.
        progress: show a bar.
    """
    generator = stream(seed, "bank")
    order = torch.arange(len(paintings)).repeat(per_painting)
    crops: list[Tensor] = []
    statistics: list[Tensor] = []
    targets: dict[str, list[Tensor]] = {}
    scales: dict[str, list[Tensor]] = {}
    device = paintings.device
    parts = order.split(CHUNK.get(device.type, 8))
    for chosen in tqdm(parts, desc="looking at paintings", disable=not progress):
        chance = torch.rand(len(chosen), 4, generator=generator)
        images = cut(paintings, chosen.to(device), side, chance.to(device))
        crops.append((images * 255).round().to(torch.uint8))
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            found = objective.prepare_one("style", images)
        for label, tensors in found.items():
            for number, target in enumerate(tensors):
                scale = target.flatten(1).abs().amax(1).clamp_min(1e-12).float()
                small = target / scale.view(-1, *[1] * (target.ndim - 1))
                targets.setdefault(f"{label}/{number}", []).append(small.half())
                scales.setdefault(f"{label}/{number}", []).append(scale)
        seen = encoder.statistics(images)
        if seen is not None:
            statistics.append(seen.float())
    return Bank(
        torch.cat(crops),
        {k: torch.cat(v) for k, v in targets.items()},
        {k: torch.cat(v) for k, v in scales.items()},
        torch.cat(statistics) if statistics else None,
    )


def save_bank(bank: Bank, path: Path, key: str) -> None:
    """Write a bank to one file, complete or not at all; ``key`` says what it was made from.

    Raises:
        CheckpointError: it can't be written.
    """
    tensors = {"crops": bank.crops}
    tensors.update({f"target.{k}": v for k, v in bank.targets.items()})
    tensors.update({f"scale.{k}": v for k, v in bank.scales.items()})
    if bank.statistics is not None:
        tensors["statistics"] = bank.statistics
    replace_file(
        path,
        tensors,
        {"key": json.dumps(key)},
        "the bank of crops",
        "make room, then start the same command again, or set data.bank = 0",
    )


def load_bank(path: Path, key: str, device: torch.device) -> Bank | None:
    """Read a bank; None when there is none, it is damaged, or was made from something else."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            if (file.metadata() or {}).get("key") != json.dumps(key):
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    return Bank(
        tensors["crops"],
        {k[7:]: v for k, v in tensors.items() if k.startswith("target.")},
        {k[6:]: v for k, v in tensors.items() if k.startswith("scale.")},
        tensors.get("statistics"),
    )


def bank_of(
    config: TrainConfig,
    paintings: Crops | Pool,
    objective: Objective,
    model: FeedForward,
    precision: torch.dtype,
    *,
    file: Path | None,
    afresh: bool = False,
    write: bool = True,
    progress: bool = False,
) -> Bank | None:
    """Make the bank that a training asks for, or read the one that it made before.

    Args:
        config: of the training.
        paintings: where crops come from.
        objective: makes the targets.
        model: its encoder makes the statistics.
        precision: of the feature network's autocast.
        file: keeps the bank; None keeps none.
        afresh: leave an earlier one alone.
        write: write a bank that was made; one of several processes does.
        progress: show a bar.

    Returns:
        The bank, or None with ``data.bank = 0``.
    """
    if not config.data.bank:
        return None
    side = config.phases[0].style_crop[0]
    made_from = config.identity()
    # Neither the optimiser nor the phases' weights change what a bank holds, so a run that goes on
    # from another one may take over its bank.
    frozen = sum(float(p.double().sum()) for p in model.encoder.parameters() if not p.requires_grad)
    key = json.dumps(
        [
            [made_from[k] for k in ("data", "losses", "seed")],
            model.config["encoder"],
            frozen,
            side,
            len(paintings),
        ]
    )
    bank = load_bank(file, key, paintings.device) if file is not None and not afresh else None
    if bank is None:
        bank = make_bank(
            paintings,
            config.data.bank,
            side,
            objective,
            model.encoder,
            config.seed,
            precision,
            progress=progress,
        )
        if file is not None and write:
            save_bank(bank, file, key)
    return bank
