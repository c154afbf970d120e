"""Style swap as a stylemix injection: every patch of the content becomes a patch of the style."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix import Injection, Register, Site, StyleCode, hookimpl
from stylemix.checkpoint import register_folder
from stylemix.ops import ContentMoments, moments
from stylemix.plugins import Rule, at_least

SIMILARITIES = 1 << 22
"""Similarities held at once: bounds the memory of the matching whatever the pictures' sizes."""

ODD = Rule("that is odd", lambda value: value % 2 == 1)


class StyleSwap(Injection):
    """Replace each patch of the content by the style patch that it is most similar to.

    ``i* = argmax_j <P_i(x), P_j(s)> / |P_j(s)|`` (Chen and Schmidt, "Fast Patch-based Style
    Transfer of Arbitrary Style", 2016, eq. 1; the content patch's own norm changes no maximum).
    The raw style patch is written at the content patch's place, and where patches overlap their
    mean is taken (section 3.1). No gradient flows through the choice.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        size: side of a patch, an odd number.
        patches: at most this many style patches take part, spread evenly over the style.
        match_moments: give each channel of the result the style's mean and deviation. Means of
            patches that overlap have less contrast than the patches: decoded, they are pale and
            soft. The paper doesn't.
    """

    slots = ("map",)
    sites = ("bottleneck", "relu*")
    needs = ("site",)
    self_identity = True
    content_gradient = False

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        size: Annotated[int, at_least(1), ODD] = 3,
        patches: Annotated[int, at_least(1)] = 4096,
        match_moments: bool = False,
    ) -> None:
        super().__init__(site, style_channels)
        self.size = size
        self.patches = patches
        # A value is the mean of patches that reach size - 1 places to each side.
        self.reach = size - 1
        self.moments = ContentMoments() if match_moments else None

    def prepare(self, style: StyleCode) -> tuple[Tensor, ...]:
        """Return what :meth:`forward` writes.

        Style patches [N, C, size * size, P], raw, in the order rows, then columns; and, to match
        moments, the style's mean and deviation, each [N, C, 1, 1].
        """
        s = _enlarge(style["site"], self.size)
        n, c = s.shape[:2]
        found = F.unfold(s, self.size)
        count = found.shape[2]
        if count > self.patches:
            index = torch.linspace(0, count - 1, self.patches, device=s.device).round().long()
            found = found[:, :, index]
        patches = found.reshape(n, c, self.size**2, -1)
        return (patches,) if self.moments is None else (patches, *moments(style["site"]))

    @torch.no_grad()
    def forward(self, x: Tensor, style: tuple[Tensor, ...]) -> Tensor:
        """Rebuild [B, C, h, w] from style patches; memory is linear in h w."""
        patches, *wanted = style
        height, width = x.shape[-2:]
        rows = [
            self._swap(one[None], patches[min(i, len(patches) - 1)].to(x.dtype))
            for i, one in enumerate(_enlarge(x, self.size))
        ]
        swapped = torch.cat(rows)[:, :, :height, :width]
        if self.moments is None:
            return swapped
        mean, std = (value.to(x.dtype) for value in wanted)
        return self.moments.normalize(swapped) * std + mean

    def _swap(self, x: Tensor, patches: Tensor) -> Tensor:
        """Swap one map [1, C, h, w] for patches [C, K, P]."""
        c, k, count = patches.shape
        keys = F.normalize(patches.reshape(c * k, count).float(), dim=0)
        height, width = (side - self.size + 1 for side in x.shape[-2:])
        total, covered = torch.zeros_like(x), x.new_zeros(1, 1, *x.shape[-2:])
        step = max(1, SIMILARITIES // (count * width))
        for top in range(0, height, step):
            band = x[:, :, top : top + step + self.size - 1]
            best = (keys.T @ F.unfold(band, self.size)[0].float()).argmax(0)
            lines = band.shape[2] - self.size + 1
            for place in range(k):
                down, across = top + place // self.size, place % self.size
                target = (..., slice(down, down + lines), slice(across, across + width))
                total[target] += patches[:, place, best].reshape(1, c, lines, width)
                covered[target] += 1
        return total / covered


def _enlarge(x: Tensor, least: int) -> Tensor:
    """Repeat the last row and column of a map that is smaller than a patch."""
    down, across = (max(0, least - side) for side in x.shape[-2:])
    return F.pad(x, (0, across, 0, down), mode="replicate") if down or across else x


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "styleswap"}``."""
    register("styleswap", StyleSwap)


def _model(
    features: str, layers: list[str], injections: list[dict[str, Any]], **decoder: int
) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "vgg", "features": features, "layers": layers, **decoder},
        "encoder": {"name": "none"},
        "injections": injections,
        "style_size": 256,
    }


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``styleswap``, which works offline, and ``styleswap-vgg16``, the paper's layer."""
    # Overlapping patches are averaged, which blurs them by their size: those of relu2_2 are half as
    # large as those of relu3_3. There are four times as many places to match, so fewer take part.
    fine: list[dict[str, Any]] = [
        {"name": "styleswap", "sites": ["relu3_3"], "match_moments": True},
        {"name": "styleswap", "sites": ["relu2_2"], "match_moments": True, "patches": 1024},
    ]
    register("styleswap", _model("thin", ["relu2_2", "relu3_3"], fine, width=2))
    register("styleswap-vgg16", _model("vgg16", ["relu3_1"], [{"name": "styleswap"}]))


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
