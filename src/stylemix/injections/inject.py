"""Injection of the style embedding through a 1x1 convolution."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from stylemix.injections.base import Injection
from stylemix.types import Site, StyleCode


class Inject(Injection):
    """Add a projection of the embedding: ``F' = F + Conv1x1(z)``.

    The second mechanism of Zagatin and Kitov (2025), section 4, ``ResidualBlockInject``. It acts
    behind the normalisation, which would subtract it if it came before; and not behind a block's
    second one, since whoever reads the residual stream normalises it first.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
    """

    sites = ("block*.1.*", "up*", "output*")
    affine = True

    def __init__(self, site: Site, style_channels: Mapping[str, int]) -> None:
        super().__init__(site, style_channels)
        self.conv = nn.Conv2d(style_channels["embedding"], site.channels, 1)
        nn.init.normal_(self.conv.weight, std=0.05)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]

    def prepare(self, style: StyleCode) -> Tensor:
        """Return what is added, [N, C, 1, 1]."""
        return self.conv(style["embedding"][:, :, None, None])

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Shift [B, C, h, w]."""
        return x + style
