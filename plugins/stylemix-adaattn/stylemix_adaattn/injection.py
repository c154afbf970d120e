"""AdaAttN as an injection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from stylemix import Injection, Site, StyleCode
from stylemix.ops import ContentMoments, moments, sample_positions
from stylemix.plugins import at_least
from stylemix_adaattn.statistics import as_map, attention_statistics, tokens


@dataclass(frozen=True)
class KeyedSite(Site):
    """A site whose map is a layer of a network behind shallower layers.

    Attributes:
        own: channels of the layer itself, the last ones; those before are for comparing only.
    """

    own: int


class AdaAttN(Injection):
    """Exchange each place's mean and deviation for those of what it attends to in the style.

    ``out = S * norm(x) + M`` with ``A = softmax_j(f(norm(x))_i . g(norm(s))_j)``, ``M = A V``,
    ``S = sqrt(A (V * V) - M * M)``, ``V = h(s)`` (Liu et al., 2021, section 3.2). f, g and h are
    1x1 convolutions; as a bias of g, or of h, would change nothing, they have none.

    Where the site is a :class:`KeyedSite`, f and g see all layers up to x, and h and the result
    are of the layer x alone; elsewhere all of the map counts for both.

    As the style's places are all that is attended to and the content is normalised by the whole
    picture's moments, tiles equal the picture.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        keys: at most this many places of the style are attended to; of a larger map a sample, the
            same at all sites of its size.
    """

    slots = ("map",)
    sites = ("bottleneck", "relu*")
    needs = ("site",)

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        keys: Annotated[int, at_least(1)] = 4096,
    ) -> None:
        super().__init__(site, style_channels)
        self.keys = keys
        self.own = site.own if isinstance(site, KeyedSite) else site.channels
        self.moments = ContentMoments()
        self.query = nn.Conv2d(site.channels, site.channels, 1)
        self.key = nn.Conv2d(site.channels, site.channels, 1, bias=False)
        self.value = nn.Conv2d(self.own, self.own, 1, bias=False)

    def prepare(self, style: StyleCode) -> tuple[Tensor, Tensor]:
        """Return keys [N, K, C] and values [N, K, own] of K <= ``keys`` places."""
        x = style["site"]
        mean, std = moments(x)
        key = tokens(self.key(((x - mean) / std).to(x.dtype)))
        value = tokens(self.value(x[:, -self.own :]))
        chosen = sample_positions(key.shape[1], self.keys, x.device)
        return (key, value) if chosen is None else (key[:, chosen], value[:, chosen])

    def forward(self, x: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """Return [B, C, h, w] whose last ``own`` channels are new; memory is linear in h w."""
        key, value = style
        normal = self.moments.normalize(x)
        query = tokens(self.query(normal))
        mean, deviation = attention_statistics(query, key.to(query.dtype), value.to(query.dtype))
        new = as_map(deviation, x) * normal[:, -self.own :] + as_map(mean, x)
        if self.own == x.shape[1]:
            return new.to(x.dtype)
        return torch.cat([x[:, : -self.own], new.to(x.dtype)], dim=1)
