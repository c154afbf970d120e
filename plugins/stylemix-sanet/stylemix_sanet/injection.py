"""SANet as an injection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn

from stylemix import Injection, Site, StyleCode
from stylemix.ops import ContentMoments, attend, moments, sample_positions
from stylemix.plugins import at_least


class SANet(Injection):
    """Add to each place of the content what it attends to in the style.

    ``out_i = x_i + W_o sum_j A_ij W_h s_j`` with ``A_ij = softmax_j (W_f norm(x)_i . W_g
    norm(s)_j)`` (Park and Lee, 2019, section 3): the logits are not scaled, and both maps are
    normalised by channel for the comparison only. The W are 1x1 convolutions without bias, as the
    equations have them. They begin as multiples of the identity: places are compared by all
    channels alike and what is found comes as it is, which is a picture from the first step on.

    As the style's places are all that is attended to and the content is normalised by the whole
    picture's moments, tiles equal the picture.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        keys: at most this many places of the style are attended to; of a larger map a sample.
        match_moments: give each channel of the result the style's mean and deviation. What is
            found is a mean over places, with less contrast than each, and the content adds its own
            colours to it. The paper doesn't.
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
        self.moments = ContentMoments()
        self.result = ContentMoments() if match_moments else None
        # W_f, W_g, W_h and W_o of the paper.
        self.query, self.key, self.value, self.out = (
            nn.Conv2d(site.channels, site.channels, 1, bias=False) for _ in range(4)
        )
        for layer in (self.query, self.key, self.value, self.out):
            nn.init.dirac_(layer.weight)
        with torch.no_grad():
            # Normalised places that have nothing in common then differ in their logits by 2.
            self.query.weight.mul_(2 * site.channels**-0.5)

    def prepare(self, style: StyleCode) -> tuple[Tensor, ...]:
        """Return what :meth:`forward` adds.

        Keys and values, each [N, 1, K, C], of K <= ``keys`` places; and, to match moments, the
        style's mean and deviation, each [N, C, 1, 1].
        """
        x = style["site"]
        mean, std = moments(x)
        normal = ((x - mean) / std).to(x.dtype)
        key, value = _tokens(self.key(normal)), _tokens(self.value(x))
        chosen = sample_positions(key.shape[2], self.keys, x.device)
        if chosen is not None:
            key, value = key[:, :, chosen], value[:, :, chosen]
        return (key, value) if self.result is None else (key, value, mean, std)

    def forward(self, x: Tensor, style: tuple[Tensor, ...]) -> Tensor:
        """Add the style to [B, C, h, w]; memory is linear in h w."""
        key, value, *wanted = style
        query = _tokens(self.query(self.moments.normalize(x)))
        found = attend(query, key.to(query.dtype), value.to(query.dtype), scale=1.0)
        found = found[:, 0].transpose(1, 2).unflatten(2, x.shape[-2:])
        new = x + self.out(found).to(x.dtype)
        if self.result is None:
            return new
        mean, std = (value.to(x.dtype) for value in wanted)
        return self.result.normalize(new) * std + mean


def _tokens(x: Tensor) -> Tensor:
    """Turn a map [B, C, h, w] into one head's tokens [B, 1, h w, C]."""
    return x.flatten(2).transpose(1, 2)[:, None]
