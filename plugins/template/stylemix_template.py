"""A whole stylemix plugin: one injection mechanism and its registration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn

from stylemix import Injection, Register, Site, StyleCode, hookimpl
from stylemix.plugins import above


class Gate(Injection):
    """Turn each channel up or down by what the style says: ``F' = limit * sigmoid(W z + b) * F``.

    The excitation of Hu et al. (2018, eq. 3), computed from the style embedding ``z`` instead of
    the features themselves. (Cite where a mechanism comes from; the suite looks for it.)

    Args:
        site: where it acts.
        style_channels: what the encoder offers, as channels by name.
        limit: the largest gain; a gate of one is in reach at ``limit > 1``.
    """

    # The kinds of site it attaches to, and which of those by name. "norm": x is a normalised map
    # without a learned affine. "conv": the input of a convolution. "map": any other map.
    slots = ("norm",)
    sites = ("block*", "up*")

    # What prepare() reads of a style. Other choices are the names of the encoder's maps, and
    # "site": the generator's own features of the style picture at this site.
    needs = ("embedding",)

    # What forward() gives is affine in what prepare() gave: several styles cost as much as one,
    # and OpenVINO can run it. The suite checks this and the other claims of Injection.
    affine = True

    # Keyword-only parameters are the options people write into a configuration. stylemix checks
    # what they write against the annotations, so there is nothing to check here.
    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        limit: Annotated[float, above(0)] = 2.0,
    ) -> None:
        super().__init__(site, style_channels)
        self.limit = limit
        # The default initialisation is small but not zero: a mechanism that starts without any
        # effect is hard to tell from one that is wired up wrongly.
        self.linear = nn.Linear(style_channels["embedding"], site.channels)

    def prepare(self, style: StyleCode) -> Tensor:
        """Return the gates [N, C, 1, 1]. Runs once per style picture and never sees the content."""
        return self.limit * torch.sigmoid(self.linear(style["embedding"]))[:, :, None, None]

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Apply the gates to [B, C, h, w]. Runs for every picture and tile; keeps no state."""
        return x * style


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "gate", "limit": 2.0}``."""
    register("gate", Gate)
