"""StyTr2 as an injection: the whole transformer between patch embedding and decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from torch import Tensor, nn

from stylemix import Injection, Site, StyleCode
from stylemix.errors import ConfigError
from stylemix.ops import sample_positions
from stylemix.plugins import at_least, below
from stylemix_stytr2.position import ContentAwarePosition
from stylemix_stytr2.transformer import DecoderLayer, EncoderLayer


class StyTr2(Injection):
    """Write the content's tokens anew in the style's (Deng et al., 2022, "StyTr2").

    A transformer encoder for the content, whose tokens carry content-aware positions, another
    one for the style, whose tokens carry none, and a decoder in which the content's tokens ask
    and the style's answer. The style goes through its encoder once a painting.

    Departures: of a map with more than ``keys`` places a sample is attended to, content and
    style alike, so that cost and memory grow with the picture's size and not with its square;
    layer normalisation at the very end has no shift, which whatever convolution follows has.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        layers: of each encoder and of the decoder; 3 in the paper.
        heads: of each attention; 8 in the paper.
        grid: parts a side of the positional encoding; 18 in the paper.
        keys: at most this many places of a picture are attended to.
        dropout: share of values dropped from each branch in training.
    """

    slots = ("map",)
    sites = ("bottleneck", "tokens")
    needs = ("site",)
    tileable = False  # content attends to all of the content

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        layers: Annotated[int, at_least(1)] = 2,
        heads: Annotated[int, at_least(1)] = 4,
        grid: Annotated[int, at_least(1)] = 18,
        keys: Annotated[int, at_least(1)] = 4096,
        dropout: Annotated[float, at_least(0), below(1)] = 0.0,
    ) -> None:
        super().__init__(site, style_channels)
        c = site.channels
        if c % heads:
            raise ConfigError(
                f"stytr2.heads must divide the {c} channels at {site.name}, got {heads}"
            )
        self.keys = keys
        self.position = ContentAwarePosition(c, grid)
        self.content_layers = nn.ModuleList(EncoderLayer(c, heads, dropout) for _ in range(layers))
        self.style_layers = nn.ModuleList(EncoderLayer(c, heads, dropout) for _ in range(layers))
        self.decoder_layers = nn.ModuleList(
            DecoderLayer(c, heads, dropout, shift=i < layers - 1) for i in range(layers)
        )

    def prepare(self, style: StyleCode) -> Tensor:
        """Return the style's encoded tokens [N, K, C] of K <= ``keys`` places."""
        x = _tokens(style["site"])
        chosen = sample_positions(x.shape[1], self.keys, x.device)
        if chosen is not None:
            x = x[:, chosen]
        for layer in self.style_layers:
            x = layer(x)
        return x

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Write [B, C, h, w] anew; memory is linear in h w."""
        height, width = x.shape[-2:]
        chosen = sample_positions(height * width, self.keys, x.device)
        position = _tokens(self.position(x))
        tokens = _tokens(x) + position
        for layer in self.content_layers:
            tokens = layer(tokens, chosen)
        for layer in self.decoder_layers:
            tokens = layer(tokens, position, style)
        return tokens.transpose(1, 2).unflatten(2, (height, width)).to(x.dtype)


def _tokens(x: Tensor) -> Tensor:
    """Turn a map [B, C, h, w] into tokens [B, h w, C]."""
    return x.flatten(2).transpose(1, 2)
