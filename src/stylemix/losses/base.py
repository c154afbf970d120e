"""What a loss term implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

Features = Mapping[str, Tensor]
"""Feature maps by layer name, and the picture itself as ``"image"`` [B, 3, H, W] in [0, 1]."""


class LossTerm(nn.Module, ABC):
    """One term of the training objective, in two steps like an injection.

    Attributes:
        layers: feature layers the term looks at (the picture itself is always there).
        source: the picture its target is made from: ``"content"``, ``"style"``, ``"both"``, or
            None. With ``"both"`` :meth:`prepare` runs once for each of the two pictures, and
            :meth:`forward` is given what it made of the content and then of the style.
        identity_only: counts only for samples whose style is their own content.
    """

    layers: tuple[str, ...] = ()
    source: str | None = None
    identity_only: bool = False

    def prepare(self, features: Features) -> list[Tensor]:
        """Turn the source pictures' features into targets, each [N, ...]; none by default.

        Targets of paintings may be kept by a trainer, so they must not depend on the content.
        """
        return []

    @abstractmethod
    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample of the output, [B]."""
