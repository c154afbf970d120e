"""A brake on patterns that are locked to the grid of the generator's small maps."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images.color import luma
from stylemix.losses.base import Features, LossTerm
from stylemix.plugins.rules import at_least

_CHANCE = 1.5
"""Amplitude of a peak, against its surroundings, that noise rarely has."""

_SPACING = 8
"""Frequencies between two lattice points that the ring around one needs."""


class Lattice(LossTerm):
    """How far the lattice's own frequencies stand out of the spectrum.

    A generator that draws texture where the photograph has none has nothing to hold on to but the
    grid of its small maps, and what alternates from place to place on the map of stride ``s`` is a
    weave of period ``2 s`` in the picture: of 8 and 4 pixels with a bottleneck at stride 4. Gram
    matrices don't mind; eyes do. With ``P`` the power spectrum of the luminance under a Hann
    window, ``L`` the frequencies ``(2 pi / period) (v, h)``, ``P_k`` the mean of P in the 3 x 3
    around one of them and ``R_k`` that of a square ring around it, without gradient:

        mean over k in L, k != 0, of  max(0, sqrt(P_k / R_k) - 1.5)

    The root makes every peak's amplitude count alike; the 1.5 leaves to chance what chance does,
    so that noise costs next to nothing, and so does a pattern of any other frequency.

    It is the differentiable form of :func:`stylemix.metrics.artifacts.checkerboard`, whose peaks
    are those of periods 2 and 4 only; not from a paper.

    Args:
        period: the longest period in pixels.
    """

    def __init__(self, *, period: Annotated[int, at_least(2)] = 8) -> None:
        super().__init__()
        self.period = period

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B].

        Raises:
            ConfigError: pictures of less than 8 periods a side.
        """
        image = features["image"].float()
        height, width = (side // self.period * self.period for side in image.shape[-2:])
        if min(height, width) < _SPACING * self.period:
            raise ConfigError(
                f"the loss 'lattice' of period {self.period} needs crops of at least "
                f"{_SPACING * self.period} pixels, got {image.shape[-1]} x {image.shape[-2]}"
            )
        power, floor = _power(luma(image[..., :height, :width]))
        steps = (height // self.period, width // self.period)
        ratio = _mean_around(power, (1, 1)) / _ring(power.detach(), steps).clamp_min(floor)
        at = ratio[:, 0, :: steps[0], :: steps[1]].flatten(1)
        return (at[:, 1:].clamp_min(_CHANCE**2).sqrt() - _CHANCE).mean(1)


def _power(image: Tensor) -> tuple[Tensor, float]:
    """Return the power spectrum under a Hann window, [B, 1, H, W], and that of 8-bit rounding."""
    height, width = image.shape[-2:]
    window = torch.hann_window(height, device=image.device)[:, None] * torch.hann_window(
        width, device=image.device
    )
    # Squares of a Hann window of N add up to 3 N / 8; reading them back would stop a GPU.
    energy = 9 / 64 * height * width
    mean = (image * window).sum((-2, -1), keepdim=True) / window.sum()
    power = torch.fft.fft2((image - mean) * window).abs().square()
    return power, energy * (1 / 255) ** 2 / 12


def _mean_around(power: Tensor, reach: tuple[int, int]) -> Tensor:
    """Return the mean over the ``2 reach + 1`` frequencies each way around every one."""
    down, right = reach
    padded = F.pad(power, (right, right, down, down), mode="circular")
    # A box is a column of a row: a hundred times fewer additions than all at once.
    return F.avg_pool2d(
        F.avg_pool2d(padded, (2 * down + 1, 1), stride=1), (1, 2 * right + 1), stride=1
    )


def _ring(power: Tensor, steps: tuple[int, int]) -> Tensor:
    """Return the mean over a ring from a quarter to half of the way to the next lattice point."""
    outer, inner = ((s // 2, t // 2) for s, t in (steps, (steps[0] // 2, steps[1] // 2)))
    counts = [(2 * a + 1) * (2 * b + 1) for a, b in (outer, inner)]
    total = _mean_around(power, outer) * counts[0] - _mean_around(power, inner) * counts[1]
    return total / (counts[0] - counts[1])
