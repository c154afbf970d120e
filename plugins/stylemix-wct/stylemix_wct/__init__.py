"""Whitening and colouring transform as a stylemix injection, and the cascade of Li et al."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import torch
from torch import Tensor

from stylemix import Injection, Register, Site, StyleCode, hookimpl
from stylemix.checkpoint import register_folder
from stylemix.ops import ContentCovariance, covariance
from stylemix.plugins import at_least, below


class WCT(Injection):
    """Exchange the content's mean and covariance of channels for the style's.

    ``y = E_s D_s^(1/2) E_s^T E_c D_c^(-1/2) E_c^T (x - mean(x)) + mean(s)``, with ``E D E^T`` the
    covariance of each map's channels (Li et al., "Universal Style Transfer via Feature
    Transforms", 2017, eq. 3 and 4). Covariances and their eigenvalues are computed in float64, and
    nothing is added to a diagonal, so that the covariance of ``y`` is the style's exactly, where
    the content's has full rank. The biased covariance is taken; its factor cancels between the
    paper's two.

    Args:
        site: where it acts.
        style_channels: what the encoder offers.
        cut: directions in which the content varies less than this part of its largest eigenvalue
            stay flat instead of being amplified: they hold rounding and the noise of channels
            that are nearly dead.
    """

    slots = ("map",)
    sites = ("bottleneck", "relu*")
    needs = ("site",)
    self_identity = True
    affine = True

    def __init__(
        self,
        site: Site,
        style_channels: Mapping[str, int],
        *,
        cut: Annotated[float, at_least(0), below(1)] = 1e-5,
    ) -> None:
        super().__init__(site, style_channels)
        self.cut = cut
        self.covariance = ContentCovariance()

    def prepare(self, style: StyleCode) -> tuple[Tensor, Tensor]:
        """Return the style's mean [N, C, 1, 1] and its covariance's root [N, C, C], float64."""
        mean, matrix = covariance(style["site"])
        values, vectors = torch.linalg.eigh(matrix)
        root = vectors * values.clamp_min(0).sqrt()[:, None] @ vectors.transpose(1, 2)
        return mean, root

    def forward(self, x: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
        """Exchange the statistics of [B, C, h, w]."""
        style_mean, root = style
        mean, matrix = self.covariance(x)
        # One C x C map for every place; only it is made in float64.
        transform = (root.to(matrix) @ self._whitening(matrix)).to(x.device, _wide(x))
        shift = style_mean.to(x.device, _wide(x))
        centred = (x - mean.to(x.device)).to(_wide(x)).flatten(2)
        return ((transform @ centred).reshape(x.shape) + shift).to(x.dtype)

    def _whitening(self, matrix: Tensor) -> Tensor:
        """Return ``E D^(-1/2) E^T`` of covariances [B, C, C] over the eigenvalues above the cut."""
        values, vectors = torch.linalg.eigh(matrix)
        kept = values > self.cut * values[:, -1:]
        inverse = torch.where(kept, torch.where(kept, values, 1.0).rsqrt(), 0.0)
        return vectors * inverse[:, None] @ vectors.transpose(1, 2)


def _wide(x: Tensor) -> torch.dtype:
    """Return the type that features are transformed in."""
    return torch.float32 if x.dtype in (torch.float16, torch.bfloat16) else x.dtype


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "wct"}``."""
    register("wct", WCT)


def _model(features: str, *layers: str, **decoder: int) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "vgg", "features": features, "layers": list(layers), **decoder},
        "encoder": {"name": "none"},
        "injections": [{"name": "wct"}],
        "style_size": 384,
    }


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``wct``, which works offline, and ``wct-vgg16``, with the paper's features."""
    # Both levels in one pass: level by level, the thin network's relu3_3 gives a soft picture, and
    # no later level makes it sharp.
    register("wct", _model("thin", "relu2_2", "relu3_3", width=2))
    levels = ("relu4_1", "relu3_1", "relu2_1", "relu1_1")
    register("wct-vgg16", _model("vgg16", *levels, cascade=True))


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
