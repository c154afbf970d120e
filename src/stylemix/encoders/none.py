"""The encoder of models that need no code of a painting."""

from __future__ import annotations

from torch import Tensor

from stylemix.encoders.base import StyleEncoder
from stylemix.types import StyleCode


class NoEncoder(StyleEncoder):
    """Offers nothing: the style is in the generator's weights, or read from its own features.

    For one network a style (Johnson et al., 2016), and for injections that need no more than
    ``"site"``, the generator's features of the painting (Huang and Belongie, 2017).
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels = {}

    def forward(self, image: Tensor) -> StyleCode:
        """Return an empty code for pictures [N, 3, H, W]."""
        return {}
