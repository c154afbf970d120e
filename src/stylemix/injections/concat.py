"""Concatenation of the style embedding to the feature map."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stylemix.injections.base import Injection
from stylemix.types import Site, StyleCode


class Concat(Injection):
    """Expand the embedding over space and concatenate it before a convolution.

    The first mechanism of Zagatin and Kitov (2025), section 4, ``ResidualBlockConcat``. It sits
    on ``"conv"`` sites, where no normalisation follows the convolution: one that did would
    subtract all of it again, since a constant input adds a constant to each output channel. For
    the same reason it leaves a block's second convolution alone: what that adds to the residual
    stream is normalised by whoever reads the stream.

    The embedding is divided by the number of taps of the convolution's kernel. A constant meets all
    ``k x k`` of them, so they act as one linear layer whose weights are their sum, and Adam, which
    moves every weight by as much, would move that layer ``k^2`` times as fast as any other: with
    the 81 taps of the last convolution, to a black or white picture within a few steps. Divided, it
    is their mean. The paper has no such factor, and a quarter of the learning rate that presets of
    this library train at (5e-4).

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
    """

    slots = ("conv",)
    sites = ("block*.1.*", "up*", "output*")
    appends_constant = True
    affine = True

    def __init__(self, site: Site, style_channels: Mapping[str, int]) -> None:
        super().__init__(site, style_channels)
        self.extra_channels = style_channels["embedding"]

    def prepare(self, style: StyleCode) -> Tensor:
        """Return the embedding, a tap's share of it, as a map [N, D, 1, 1]."""
        return style["embedding"][:, :, None, None] / self.site.kernel**2

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Turn [B, C, h, w] into [B, C + D, h, w]."""
        expanded = style.to(x.dtype).expand(x.shape[0], -1, *x.shape[-2:])
        return torch.cat([x, expanded], dim=1)
