"""Patch matching: each place of the content takes the most similar patch of the style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.injections.base import Injection
from stylemix.ops import ContentMoments, moments
from stylemix.plugins.rules import above, at_least
from stylemix.types import VECTORS, Site, StyleCode

CHUNK = 4096
"""Content places matched at once: bounds the memory of the similarity matrix."""


class Patch(Injection):
    """Match patches by cosine similarity and add what matched.

    The fourth mechanism of Zagatin and Kitov (2025), section 4 (style swap of Chen and Schmidt,
    2016, eq. 4). With ``q`` and ``k`` learned projections of the normalised content and style maps,
    ``A = softmax(cos(q, k) / temperature)`` over the style's places, and ``F' = F + g Conv(A v)``.
    The soft assignment lets gradients reach the matches; the skip keeps the content path open,
    which a hard replacement would cut.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        feature: the encoder map that is matched; by default the encoder's second to last one,
            which carries texture as well as meaning.
        temperature: of the softmax, in cosine units; lower is harder.
        hard: take the single best patch (no gradient through the choice) and *replace* the
            features by it, the paper's literal form.
        keys: at most this many style places take part, spread evenly over the map.
    """

    slots = ("map",)
    sites = ("bottleneck",)

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        feature: str | None = None,
        temperature: Annotated[float, above(0)] = 0.1,
        hard: bool = False,
        keys: Annotated[int, at_least(1)] = 1024,
    ) -> None:
        super().__init__(site, style_channels)
        maps = [name for name in style_channels if name not in (*VECTORS, "site")]
        if feature is None and maps:
            feature = maps[max(len(maps) - 2, 0)]
        if feature not in maps:
            raise ConfigError(
                f"the encoder has no map {feature!r} to match patches with "
                f"(it has: {', '.join(maps) or 'none'})"
            )
        self.feature = feature
        self.needs = (feature,)
        self.temperature = temperature
        self.hard = hard
        self.keys = keys
        self.moments = ContentMoments()
        channels, c = site.channels, style_channels[feature]
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(c, channels, 1)
        # No biases: whoever reads the features normalises them, so a constant would be lost.
        self.value = nn.Conv2d(c, channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1, bias=False)
        # Small, so that training starts near the plain generator, but not zero.
        self.gate = nn.Parameter(torch.tensor(0.1)) if not hard else None

    def prepare(self, style: StyleCode) -> tuple[Tensor, Tensor]:
        """Return unit keys [N, C, K] and values [N, C, K] of K <= ``keys`` style places."""
        x = style[self.feature]
        mean, std = moments(x)
        normal = ((x - mean) / std).to(x.dtype)
        key = self.key(normal).flatten(2)
        value = self.value(normal).flatten(2)
        places = key.shape[2]
        if places > self.keys:
            spread = torch.linspace(0, places - 1, self.keys, device=x.device, dtype=torch.float32)
            index = spread.round().long()
            key, value = key[:, :, index], value[:, :, index]
        return F.normalize(key, dim=1), value

    def forward(self, x: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """Blend the best patches into [B, C, h, w]; memory is linear in h w."""
        keys, values = style
        b, _, h, w = x.shape
        keys, values = keys.expand(b, -1, -1), values.expand(b, -1, -1)
        query = F.normalize(self.query(self.moments.normalize(x)).flatten(2), dim=1)
        matched = torch.cat(
            [self._match(q, keys, values) for q in query.split(CHUNK, dim=2)], dim=2
        )
        swapped = self.out(matched.reshape(b, -1, h, w))
        return swapped if self.gate is None else x + self.gate * swapped

    def _match(self, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        cosine = torch.bmm(query.transpose(1, 2), keys)
        if self.hard:
            best = cosine.argmax(2)[:, None].expand(-1, values.shape[1], -1)
            # Straight-through: the picture sees the best patch, the projections a soft gradient.
            soft = torch.bmm(values, F.softmax(cosine / self.temperature, 2).transpose(1, 2))
            return soft + (values.gather(2, best) - soft).detach()
        return torch.bmm(values, F.softmax(cosine / self.temperature, 2).transpose(1, 2))
