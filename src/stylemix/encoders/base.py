"""What a style encoder implements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from stylemix.types import StyleCode


class StyleEncoder(nn.Module):
    """A network that turns a painting into a style code.

    Attributes:
        channels: what the code holds and how many channels each has; ``"embedding"`` is the
            vector, every other name a map, from fine to coarse.
    """

    channels: Mapping[str, int]

    @abstractmethod
    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]; gives everything that ``channels`` names."""

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load pre-trained weights before a training; by default there are none to load."""

    def calibrate(self, images: Tensor) -> None:
        """Measure what has to be known of typical paintings [N, 3, H, W] before a training."""
