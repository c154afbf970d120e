"""What one step trains on, drawn from the step's number alone.

Photographs and paintings as they are, mixtures of them, noise of every frequency, and other
contrasts and colours: an optimisation passes through all of that, and a student that has never seen
it would be deceived there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.ops import stream
from stylemix.training.data import Crops

MIXED, RECOLORED, NOISY = 0.25, 0.3, 0.3
"""Shares of the pictures that are mixed, recolored and made noisy, independently."""

LOUDEST = 0.15
"""Standard deviation of noise at most."""


class Inputs:
    """Draws pictures; nothing random outlives a step, so a resumed run draws the same.

    Args:
        photographs: to crop from.
        paintings: to crop from.
        side: of the crops, in pixels.
        zoom: as in :meth:`Crops.cut`.
        seed: of everything.
    """

    def __init__(
        self, photographs: Crops, paintings: Crops, side: int, zoom: float, seed: int
    ) -> None:
        self.photographs, self.paintings = photographs, paintings
        self.side, self.zoom, self.seed = side, zoom, seed

    def draw(self, step: int, count: int) -> Tensor:
        """Return a step's pictures [count, 3, side, side] in [0, 1], half of them photographs."""
        chance = self.stream("inputs", step)
        images = torch.cat(
            [
                self.cut(self.photographs, count // 2, chance),
                self.cut(self.paintings, count // 2, chance),
            ]
        )
        return disturbed(images, chance)

    def cut(self, crops: Crops, count: int, chance: torch.Generator) -> Tensor:
        """Cut crops of random pictures."""
        numbers = torch.randint(len(crops), (count,), generator=chance).tolist()
        return crops.cut(numbers, self.side, torch.rand(count, 4, generator=chance), self.zoom)

    def stream(self, name: str, index: int) -> torch.Generator:
        """Return the random stream of one draw; see :func:`stylemix.ops.stream`."""
        return stream(self.seed, name, index)


def disturbed(images: Tensor, chance: torch.Generator) -> Tensor:
    """Mix, recolor and add noise to some of [N, 3, S, S], each with its own chance."""
    count, side, device = len(images), images.shape[-1], images.device

    def drawn(*shape: int) -> Tensor:
        return torch.rand(count, *shape, generator=chance).to(device)

    def some(share: float) -> Tensor:
        return (drawn(1, 1, 1) < share).float()

    other = images.roll(1, 0)
    images = torch.lerp(images, other, some(MIXED) * (0.2 + 0.6 * drawn(1, 1, 1)))
    # Contrast from a quarter to twice, a little different in each channel, and another lightness.
    contrast = 2 ** (3 * drawn(1, 1, 1) - 2 + 0.6 * (drawn(3, 1, 1) - 0.5))
    mean = images.mean((2, 3), keepdim=True)
    recolored = (images - mean) * contrast + mean + 0.5 * (drawn(3, 1, 1) - 0.5)
    images = torch.lerp(images, recolored, some(RECOLORED))
    level = some(NOISY) * LOUDEST * drawn(1, 1, 1)
    octave = int(torch.randint(5, (), generator=chance))
    coarse = torch.randn(count, 3, -(-side // 2**octave), -(-side // 2**octave), generator=chance)
    noise = F.interpolate(coarse, size=(side, side), mode="bicubic" if octave else "nearest")
    return (images + level * noise.to(device)).clamp(0, 1)
