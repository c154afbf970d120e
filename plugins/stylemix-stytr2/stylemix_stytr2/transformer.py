"""Encoder and decoder layers over tokens [B, L, C].

What a layer makes of a token depends on that token and on what all attend to, so long sequences
are taken in chunks: the feed-forward network's hidden values, of four times the tokens' size, exist
for one chunk at a time.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.ops import attend

EXPANSION = 4
"""Hidden width of the feed-forward network by the tokens' (2048 by 512 in the paper)."""

CHUNK = 16_384
"""Tokens of a picture that a layer works on at once: 512 x 512 pixels at patches of four."""


class MultiHeadAttention(nn.Module):
    """``Concat(head_1, ..., head_N) W_o`` (Vaswani et al., 2017, section 3.2.2).

    Keys have no bias: it adds the same to all logits of a query, which the softmax takes away.

    Args:
        channels: of the tokens.
        heads: N, which divides ``channels``.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(channels, channels, bias=False)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)
        for linear in (self.query, self.key, self.value, self.out):
            nn.init.xavier_uniform_(linear.weight)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """Let tokens [B, L, C] attend to a memory [B or 1, K, C]; returns [B, L, C]."""
        q, k, v = (
            self._split(t) for t in (self.query(query), self.key(memory), self.value(memory))
        )
        return self.out(attend(q, k, v).transpose(1, 2).flatten(2))

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(2, (self.heads, -1)).transpose(1, 2)


class FeedForwardNetwork(nn.Sequential):
    """``max(0, x W_1 + b_1) W_2 + b_2`` (Deng et al., 2022, section 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Linear(channels, EXPANSION * channels),
            nn.ReLU(),
            nn.Linear(EXPANSION * channels, channels),
        )


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward network, each with a skip and layer normalisation behind.

    ``Y' = LN(MSA(Z) + Z)``, ``Y = LN(FFN(Y') + Y')`` (Deng et al., 2022, section 3). The
    skip is the sequence itself, as in Vaswani et al. (2017), where the formula names the query.
    """

    def __init__(self, channels: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(channels, heads)
        self.network = FeedForwardNetwork(channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.dropout = dropout

    def forward(self, x: Tensor, chosen: Tensor | None = None) -> Tensor:
        """Turn tokens [B, L, C] into [B, L, C].

        Args:
            x: the tokens.
            chosen: indices [K] of those that are attended to; None means all.
        """
        memory = x if chosen is None else x[:, chosen]
        return _joined([self._turned(part, memory) for part in x.split(CHUNK, dim=1)])

    def _turned(self, x: Tensor, memory: Tensor) -> Tensor:
        x = self.norms[0](x + self._drop(self.attention(x, memory)))
        return self.norms[1](x + self._drop(self.network(x)))

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


class DecoderLayer(nn.Module):
    """Two attentions to the style and a feed-forward network.

    ``X'' = LN(MSA(Q, Y_s) + Q)``, ``X' = LN(MSA(X'' + P_CA, Y_s) + X'')``,
    ``X = LN(FFN(X') + X')`` (Deng et al., 2022, section 3), with ``Q = X + P_CA``. Both attentions
    read the style: where a decoder usually attends to itself, this one does not.

    Args:
        channels: of the tokens.
        heads: of each attention.
        dropout: share of values dropped from each branch in training.
        shift: whether the last normalisation adds a learned constant to each channel.
    """

    def __init__(
        self, channels: int, heads: int, dropout: float = 0.0, *, shift: bool = True
    ) -> None:
        super().__init__()
        self.attentions = nn.ModuleList(MultiHeadAttention(channels, heads) for _ in range(2))
        self.network = FeedForwardNetwork(channels)
        self.norms = nn.ModuleList(nn.LayerNorm(channels, bias=shift or i < 2) for i in range(3))
        self.dropout = dropout

    def forward(self, x: Tensor, position: Tensor, style: Tensor) -> Tensor:
        """Turn content tokens [B, L, C] into [B, L, C].

        Args:
            x: the tokens.
            position: their encoding, [B, L, C].
            style: the style's tokens, [B or 1, K, C].
        """
        return _joined(
            [
                self._turned(*parts, style)
                for parts in zip(x.split(CHUNK, dim=1), position.split(CHUNK, dim=1), strict=True)
            ]
        )

    def _turned(self, x: Tensor, position: Tensor, style: Tensor) -> Tensor:
        query = x + position
        x = self.norms[0](query + self._drop(self.attentions[0](query, style)))
        x = self.norms[1](x + self._drop(self.attentions[1](x + position, style)))
        return self.norms[2](x + self._drop(self.network(x)))

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def _joined(parts: list[Tensor]) -> Tensor:
    """Return chunks of tokens as one sequence."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
