"""Injections and a generator that are hard to render in tiles."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from stylemix.generators.base import Generator, Injected, Stage
from stylemix.injections.base import Injection
from stylemix.ops import ContentCovariance, ContentMoments
from stylemix.types import Site

CHANNELS = {"embedding": 5, "map": 6}


class Recentre(Injection):
    """Asks for statistics of its own, two of them, the second of what depends on the style."""

    def __init__(self, site, style_channels):
        super().__init__(site, style_channels)
        self.first = ContentMoments()
        self.second = ContentMoments()
        self.linear = nn.Linear(style_channels["embedding"], site.channels)

    def prepare(self, style):
        return self.linear(style["embedding"])[:, :, None, None]

    def forward(self, x, style):
        x = torch.tanh(self.first.normalize(x) + style)
        return self.second.normalize(x)


class Rotate(Recentre):
    """Asks for deviations and for covariances of the very same map."""

    def __init__(self, site, style_channels):
        super().__init__(site, style_channels)
        self.covariance = ContentCovariance()

    def forward(self, x, style):
        normal = self.first.normalize(x)
        mean, matrix = self.covariance(x)
        turned = matrix.to(x.dtype) @ (x - mean.to(x.dtype)).flatten(2)
        return normal + torch.tanh(turned.reshape(x.shape)) + style


class Thirds(Generator):
    """Strides of 3 and a stage whose halo is exactly what its convolutions see."""

    class Shrink(Stage):
        def __init__(self, attach):
            super().__init__(stride_in=1, stride_out=3, halo=3, channels_out=4)
            self.conv = nn.Conv2d(3, 4, 5, 3)
            self.moments = ContentMoments()
            self.injected = Injected(Site("shrink", "norm", 4, 3), attach)

        def forward(self, x, mix):
            x = self.conv(F.pad(x, (1, 1, 1, 1), mode="reflect"))
            return self.injected(self.moments.normalize(x), mix)

    class Grow(Stage):
        def __init__(self, halo=1):
            super().__init__(stride_in=3, stride_out=1, halo=halo, channels_out=3)
            self.conv = nn.Conv2d(4, 3, 3)

        def forward(self, x, mix):
            x = F.interpolate(x, scale_factor=3, mode="nearest")
            return torch.sigmoid(self.conv(F.pad(x, (1, 1, 1, 1), mode="reflect")))

    multiple_of = 3
    minimum_size = 6

    def __init__(self, attach, halo=1):
        super().__init__()
        self.stages = nn.ModuleList([self.Shrink(attach), self.Grow(halo)])
        self.sites = (Site("shrink", "norm", 4, 3),)

    def features(self, image):
        return {}
