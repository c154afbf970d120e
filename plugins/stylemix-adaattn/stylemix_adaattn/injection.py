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
    1x1 convolutions; as a bias of g, or of h, would change nothing, they have none. They begin as
    multiples of the identity, which gives a picture from the first step on.

    Where the site is a :class:`KeyedSite`, f and g see all layers up to x, and h and the result
    are of the layer x alone; elsewhere all of the map counts for both.

    As the style's places are all that is attended to and the content is normalised by the whole
    picture's moments, tiles equal the picture.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        keys: at most this many places of the style are attended to; of a larger map a sample, the
            same at all sites of its size.
        match_moments: give each channel of the result the style's mean and deviation, as each place
            has another S and M, and all of them together other ones than the style. The paper
            doesn't.
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
        match_moments: bool = False,
    ) -> None:
        super().__init__(site, style_channels)
        self.keys = keys
        self.own = site.own if isinstance(site, KeyedSite) else site.channels
        self.moments = ContentMoments()
        self.result = ContentMoments() if match_moments else None
        self.query = nn.Conv2d(site.channels, site.channels, 1)
        self.key = nn.Conv2d(site.channels, site.channels, 1, bias=False)
        self.value = nn.Conv2d(self.own, self.own, 1, bias=False)
        for layer in (self.query, self.key, self.value):
            nn.init.dirac_(layer.weight)
        assert self.query.bias is not None
        nn.init.zeros_(self.query.bias)
        with torch.no_grad():
            # Normalised places that have nothing in common then differ in their logits by 2.
            self.query.weight.mul_(2 * site.channels**-0.5)

    def prepare(self, style: StyleCode) -> tuple[Tensor, ...]:
        """Return what :meth:`forward` exchanges for.

        Keys [N, K, C] and values [N, K, own] of K <= ``keys`` places; and, to match moments, the
        style's mean and deviation, each [N, own, 1, 1].
        """
        x = style["site"]
        mean, std = moments(x)
        key = tokens(self.key(((x - mean) / std).to(x.dtype)))
        value = tokens(self.value(x[:, -self.own :]))
        chosen = sample_positions(key.shape[1], self.keys, x.device)
        if chosen is not None:
            key, value = key[:, chosen], value[:, chosen]
        if self.result is None:
            return key, value
        return key, value, mean[:, -self.own :], std[:, -self.own :]

    def forward(self, x: Tensor, style: tuple[Tensor, ...]) -> Tensor:
        """Return [B, C, h, w] whose last ``own`` channels are new; memory is linear in h w."""
        key, value, *wanted = style
        normal = self.moments.normalize(x)
        query = tokens(self.query(normal))
        at, by = attention_statistics(query, key.to(query.dtype), value.to(query.dtype))
        new = as_map(by, x) * normal[:, -self.own :] + as_map(at, x)
        if self.result is not None:
            mean, std = (value.to(new.dtype) for value in wanted)
            new = self.result.normalize(new) * std + mean
        if self.own == x.shape[1]:
            return new.to(x.dtype)
        return torch.cat([x[:, : -self.own], new.to(x.dtype)], dim=1)
