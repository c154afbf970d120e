"""Paintings to show in a figure, and what an encoder makes of them."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.encoders import StyleEncoder
from stylemix.errors import ConfigError
from stylemix.ops.placement import place
from stylemix.training.data import Crops
from stylemix.training.encoder.held_out import held_out
from stylemix.training.encoder.paintings import Paintings, read_paintings

BATCH = 32


def choose(
    sources: Sequence[str], side: int, *, styles: int, per_style: int, share: float = 0.0
) -> Paintings:
    """Read the paintings of the largest styles.

    Args:
        sources: as for :func:`read_paintings`.
        side: short side in pixels that they are brought to.
        styles: how many styles, those with the most paintings; of equal ones the first by name.
        per_style: at most so many of each, spread evenly.
        share: take only those that a pre-training with this ``data.held_out`` keeps back; 0 takes
            all.

    Raises:
        DataError: too little is found.
    """
    found = read_paintings(sources, side)
    keep = range(len(found.names))
    if share:
        out = held_out(found.names, found.labels, share)
        keep = [i for i in keep if out[i]]  # type: ignore[assignment]
    members: dict[int, list[int]] = {}
    for number in keep:
        members.setdefault(found.labels[number], []).append(number)
    largest = sorted(members, key=lambda label: (-len(members[label]), label))[:styles]
    chosen: list[int] = []
    labels: list[int] = []
    for new, label in enumerate(sorted(largest)):
        group = members[label]
        count = min(per_style, len(group))
        chosen += [group[i * len(group) // count] for i in range(count)]
        labels += [new] * count
    return Paintings(
        [found.pictures[i] for i in chosen],
        labels,
        [found.names[i] for i in chosen],
        tuple(found.styles[label] for label in sorted(largest)),
    )


def embeddings(
    encoder: StyleEncoder,
    pictures: Sequence[Tensor],
    device: torch.device,
    calibrated: bool = True,
) -> Tensor:
    """Embed the square in the middle of each picture.

    Args:
        encoder: left as it is.
        pictures: uint8 [3, H, W] of one short side.
        device: where to compute.
        calibrated: otherwise the encoder is calibrated on these pictures first, as a training
            that starts from it would do.

    Returns:
        [N, D], float32, on the CPU.

    Raises:
        ConfigError: the encoder has no embedding.
    """
    if "embedding" not in encoder.channels:
        raise ConfigError(f"{type(encoder).__name__} gives no embedding to show")
    side = min(pictures[0].shape[-2:])
    own = place(copy.deepcopy(encoder), device).eval()
    crops = Crops(pictures, device)
    middle = torch.full((BATCH, 4), 0.5)

    def cut(numbers: Sequence[int]) -> Tensor:
        return crops.cut(numbers, side, middle[: len(numbers)])

    parts = [range(s, min(s + BATCH, len(crops))) for s in range(0, len(crops), BATCH)]
    with torch.inference_mode():
        if not calibrated:
            own.calibrate(torch.cat([cut(part) for part in parts[:8]]))
        return torch.cat([own(cut(part))["embedding"].float().cpu() for part in parts])
