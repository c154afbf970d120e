"""Samples of a training: every photograph with every painting."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.injections.style import StyleMix
from stylemix.stylizers import FeedForward
from stylemix.training.data import Crops

SAMPLES = 4
"""Photographs and paintings that a sheet shows, at most."""


@torch.no_grad()
def sheet(
    model: FeedForward, photographs: Tensor, paintings: Tensor, rows: Tensor | None = None
) -> Tensor:
    """Stylise every photograph with every painting.

    Args:
        model: in evaluation mode.
        photographs: [P, 3, S, S] in [0, 1], S a multiple of 4.
        paintings: [Q, 3, S, S] in [0, 1].
        rows: [Q], which of the encoder's named styles each painting is, or None.

    Returns:
        uint8 [3, (P + 1) S, (Q + 1) S]: paintings in the first row, photographs in the first
        column.
    """
    lines = [torch.cat([torch.ones_like(paintings[0]), *paintings], dim=2)]
    codes = [
        None if rows is None else model.encoder.rows(rows[i : i + 1]) for i in range(len(paintings))
    ]
    styles = [
        model.prepare(painting[None], code) for painting, code in zip(paintings, codes, strict=True)
    ]
    for photograph in photographs:
        made = [model(photograph[None], StyleMix.single(style))[0] for style in styles]
        lines.append(torch.cat([photograph, *made], dim=2))
    return (torch.cat(lines, dim=1).float().clamp(0, 1) * 255).round().to(torch.uint8).cpu()


def samples_of(
    photographs: Crops, paintings: Crops, rows: Tensor | None, side: int
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Cut the pictures that a training's sheets show, the same in every run.

    Args:
        photographs: to crop from.
        paintings: to crop from.
        rows: for each painting which of the encoder's named styles it is, or None.
        side: of the crops in pixels, at most.

    Returns:
        What :func:`sheet` takes after the model.
    """
    chance = torch.full((SAMPLES, 4), 0.5)
    side = min(192, side // 4 * 4)
    shown = []
    for crops in (photographs, paintings):
        count = min(SAMPLES, len(crops))
        indices = [i * len(crops) // count for i in range(count)]
        shown.append(crops.cut(indices, side, chance[:count], zoom=2.0))
    return shown[0], shown[1], None if rows is None else rows[indices]
