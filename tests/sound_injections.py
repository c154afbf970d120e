"""Injections that pass every check; broken ones are made from them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from stylemix.injections.base import Injection
from stylemix.ops import ContentMoments, moments


class Good(Injection):
    """Scale and shift (Perez et al., 2018): passes everything."""

    sites = ("block*",)
    affine = True

    def __init__(self, site: Any, style_channels: Any, *, start: float = 0.1) -> None:
        super().__init__(site, style_channels)
        self.start = start
        self.linear = nn.Linear(style_channels["embedding"], 2 * site.channels)
        nn.init.normal_(self.linear.weight, std=start)

    def prepare(self, style: Any) -> Any:
        gamma, beta = self.linear(style["embedding"])[:, :, None, None].chunk(2, 1)
        return 1 + gamma, beta

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return x * style[0] + style[1]


class Exact(Injection):
    """Exchange of statistics (Huang and Belongie, 2017), which leaves a map's own alone."""

    slots = ("map",)
    sites = ("bottleneck",)
    needs = ("site",)
    self_identity = True
    affine = True

    def __init__(self, site: Any, style_channels: Any) -> None:
        super().__init__(site, style_channels)
        self.moments = ContentMoments()

    def prepare(self, style: Any) -> Any:
        return moments(style["site"])

    def forward(self, x: Tensor, style: Any) -> Tensor:
        return self.moments.normalize(x) * style[1].to(x.dtype) + style[0].to(x.dtype)
