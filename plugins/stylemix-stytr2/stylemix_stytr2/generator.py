"""Patch embedding and convolutional decoder around the transformer."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix import Generator, Site, StyleMix
from stylemix.generators import Attach, Injected, Stage, double
from stylemix.plugins import at_least


class Embedding(Stage):
    """A linear map from each patch of pixels to a token (Deng et al., 2022, section 3.1)."""

    def __init__(self, channels: int, patch: int) -> None:
        super().__init__(stride_in=1, stride_out=patch, halo=0, channels_out=channels)
        self.convolution = nn.Conv2d(3, channels, patch, patch)

    def forward(self, x: Tensor, mix: StyleMix | None) -> Tensor:
        """Turn a picture [B, 3, H, W] in [0, 1] into a map of tokens [B, C, H/patch, W/patch]."""
        return self.convolution(x * 2 - 1)


class Tokens(Stage):
    """The place where the style acts."""

    def __init__(self, channels: int, patch: int, attach: Attach) -> None:
        super().__init__(stride_in=patch, stride_out=patch, halo=0, channels_out=channels)
        self.injected = Injected(Site("tokens", "map", channels, patch), attach)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Apply the mixture to the map [B, C, h, w]."""
        return self.injected(x, mix)


class Decoder(Stage):
    """A 3x3 convolution, ReLU and doubling for each factor of two, and two more convolutions.

    The paper's decoder is of the same kind; it leaves open what follows the last doubling. Here:
    reflection padding, and a sigmoid at the end.
    """

    def __init__(self, channels: int, patch: int) -> None:
        # One pixel of each map's own a convolution or upsampling: less than four of the tokens'.
        super().__init__(stride_in=patch, stride_out=1, halo=4, channels_out=3)
        steps = patch.bit_length() - 1
        widths = [max(channels >> i, 16) for i in range(steps + 1)]
        self.doubling = nn.ModuleList(_convolution(a, b) for a, b in pairwise(widths))
        self.last = nn.ModuleList(
            [_convolution(widths[-1], widths[-1]), _convolution(widths[-1], 3)]
        )

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn tokens [B, C, h, w] into a picture [B, 3, patch h, patch w] in [0, 1]."""
        for convolution in self.doubling:
            x = double(F.relu(convolution(_pad(x))))
        first, second = self.last
        x = F.relu(first(_pad(x)))
        return torch.sigmoid(second(_pad(x)))


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    made = nn.Conv2d(channels_in, channels_out, 3)
    nn.init.kaiming_normal_(made.weight, nonlinearity="relu")
    assert made.bias is not None
    nn.init.zeros_(made.bias)
    return made


def _pad(x: Tensor) -> Tensor:
    return F.pad(x, (1, 1, 1, 1), mode="reflect")


class PatchTransformer(Generator):
    """Patches to tokens and back, with one site between, ``"tokens"`` (Deng et al., 2022).

    Content and style share the embedding, so a painting's own features at the site are its
    tokens.

    Args:
        attach: gives the injections of a site.
        channels: of a token; 512 in the paper.
        patch: side of a patch in pixels, a power of two; 8 in the paper. Smaller patches keep
            more detail for more tokens.
    """

    def __init__(
        self,
        attach: Attach,
        *,
        channels: Annotated[int, at_least(1)] = 128,
        patch: Literal[2, 4, 8, 16] = 4,
    ) -> None:
        super().__init__()
        self.multiple_of = patch
        self.minimum_size = max(16, 2 * patch)
        self.stages = nn.ModuleList(
            [  # type: ignore[assignment]
                Embedding(channels, patch),
                Tokens(channels, patch, attach),
                Decoder(channels, patch),
            ]
        )
        self.sites = tuple(m.site for m in self.modules() if isinstance(m, Injected))

    def features(self, image: Tensor) -> Mapping[str, Tensor]:
        """Return the tokens [N, C, h, w] of pictures [N, 3, H, W] in [0, 1]."""
        return {"tokens": self.stages[0](image, None)}
