"""SANet, the style-attentional network (Park and Lee, 2019), for stylemix."""

from __future__ import annotations

from typing import Any

from stylemix.hookspecs import Register, hookimpl
from stylemix_sanet.injection import SANet
from stylemix_sanet.loss import IdentityFeatures

__all__ = ["IdentityFeatures", "SANet"]


def _model(features: str) -> dict[str, Any]:
    # Two depths, each with a network of its own; the decoder adds what they give. The paper's
    # are relu4_1 and relu5_1 of VGG-19, the latter enlarged; our feature networks end at relu4_3.
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "vgg", "features": features, "layers": ["relu4_1", "relu4_3"]},
        "encoder": {"name": "none"},
        "injections": [{"name": "sanet"}],
        "style_size": 256,
    }


PRESETS = {"sanet": _model("thin"), "sanet-vgg16": _model("vgg16")}


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "sanet"}``."""
    register("sanet", SANet)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``{"name": "sanet-identity"}``."""
    register("sanet-identity", IdentityFeatures)


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``sanet`` and ``sanet-vgg16``."""
    for name, config in PRESETS.items():
        register(name, config)
