"""Adaptive instance normalisation as a stylemix injection."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from stylemix import Injection, Register, Site, StyleCode, hookimpl
from stylemix.checkpoint import register_folder
from stylemix.ops import ContentMoments, moments


class AdaIN(Injection):
    """Exchange each channel's mean and deviation for the style's.

    ``y = std(s) (x - mean(x)) / std(x) + mean(s)`` (Huang and Belongie, 2017, eq. 8), with ``s``
    the style picture's own features at the same site. The deviation is the biased one, where the
    paper's code takes the unbiased one; the two differ by a factor of ``sqrt(1 - 1/(h w))``.
    """

    slots = ("map",)
    sites = ("bottleneck", "relu*")
    needs = ("site",)
    self_identity = True
    affine = True

    def __init__(self, site: Site, style_channels: Mapping[str, int]) -> None:
        super().__init__(site, style_channels)
        self.moments = ContentMoments()

    def prepare(self, style: StyleCode) -> tuple[Tensor, Tensor]:
        """Return the style's mean and deviation, each [N, C, 1, 1]."""
        return moments(style["site"])

    def forward(self, x: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """Exchange the statistics of [B, C, h, w]."""
        mean, std = style
        return self.moments.normalize(x) * std.to(x.dtype) + mean.to(x.dtype)


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "adain"}``."""
    register("adain", AdaIN)


def _model(features: str, *layers: str, **decoder: int) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "vgg", "features": features, "layers": list(layers), **decoder},
        "encoder": {"name": "none"},
        "injections": [{"name": "adain"}],
        "style_size": 384,
    }


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``adain``, which works offline, and ``adain-vgg16``, with the paper's features."""
    # What the thin network's 64 channels at relu3_3 hold of the photograph gives soft pictures; the
    # 32 at relu2_2, exchanged likewise, have its edges.
    register("adain", _model("thin", "relu2_2", "relu3_3", width=2))
    register("adain-vgg16", _model("vgg16", "relu4_1"))


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
