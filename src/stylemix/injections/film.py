"""FiLM: feature-wise linear modulation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.injections.base import Injection
from stylemix.types import VECTORS, Site, StyleCode


class FiLM(Injection):
    """Scale and shift each channel: ``F' = gamma(z) * F + beta(z)`` (Perez et al., 2018, eq. 2).

    The paper's third mechanism. On a normalised map it is conditional instance normalisation
    with a predicted affine (Ghiasi et al., 2017, eq. 5).

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        residual: predict ``gamma - 1``, so that training starts from plain instance
            normalisation (the default). With False ``gamma`` itself is linear in the embedding,
            the paper's literal form.
        code: the vector that it reads: ``"embedding"``, or ``"palette"`` of an encoder that gives
            the colours apart. ``stylize(..., palette=...)`` exchanges what the latter reads.
    """

    sites = ("block*", "up*", "output*")
    affine = True

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        residual: bool = True,
        code: str = "embedding",
    ) -> None:
        super().__init__(site, style_channels)
        offered = [name for name in VECTORS if name in style_channels]
        if code not in offered:
            raise ConfigError(
                f"film reads a vector of the style code, and code = {code!r} is none "
                f"that this encoder gives; it gives: {', '.join(offered) or 'none'}"
            )
        self.residual = residual
        self.needs = (code,)
        self.linear = nn.Linear(style_channels[code], 2 * site.channels)
        # Small, but not zero: a zero start delays the first style signal.
        nn.init.normal_(self.linear.weight, std=0.05)
        nn.init.zeros_(self.linear.bias)
        if not residual:
            with torch.no_grad():
                self.linear.bias[: site.channels] = 1.0

    def prepare(self, style: StyleCode) -> tuple[Tensor, Tensor]:
        """Return gamma and beta, each [N, C, 1, 1]."""
        gamma, beta = self.linear(style[self.needs[0]])[:, :, None, None].chunk(2, dim=1)
        return (1 + gamma if self.residual else gamma), beta

    def forward(self, x: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """Modulate [B, C, h, w]."""
        gamma, beta = style
        return x * gamma + beta
