"""Feature networks that encoders and losses look through."""

from __future__ import annotations

from pathlib import Path

from stylemix.backbones.inception import InceptionMixed6e
from stylemix.backbones.vgg import LAYERS, VGG16, FeatureNet, ThinVGG
from stylemix.errors import ConfigError

__all__ = ["LAYERS", "VGG16", "FeatureNet", "InceptionMixed6e", "ThinVGG", "feature_net"]


def feature_net(name: str, weights: str | Path | None = None) -> FeatureNet:
    """Give a frozen feature network by name.

    Args:
        name: ``"vgg16"``, or ``"thin"`` for the small network that ships with stylemix.
        weights: a safetensors file; None takes the default ones (see the two classes).

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had.
    """
    if name == "vgg16":
        return VGG16.load(weights)
    if name == "thin":
        net = ThinVGG()
        net.load_weights(weights)
        return net.requires_grad_(False).eval()
    raise ConfigError(f"no feature network is named {name!r} (there are: vgg16, thin)")
