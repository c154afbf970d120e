"""Feature networks: what encoders, losses and measures extract maps with."""

from __future__ import annotations

import os
from pathlib import Path

from stylemix.backbones.distilled import DistilledVGG
from stylemix.backbones.inception import InceptionMixed6e
from stylemix.backbones.layers import BLOCK_ENDS, HALO, LAYERS, TILE_UNIT, Layer
from stylemix.backbones.vgg import VGG16, FeatureNet, ThinVGG
from stylemix.errors import ConfigError, WeightsError
from stylemix.plugins.registries import suggest

__all__ = [
    "BLOCK_ENDS",
    "FEATURES",
    "HALO",
    "LAYERS",
    "TILE_UNIT",
    "VGG16",
    "VGG16_FILE",
    "DistilledVGG",
    "FeatureNet",
    "InceptionMixed6e",
    "Layer",
    "ThinVGG",
    "feature_net",
]

FEATURES = ("thin", "vgg16")
"""The networks that losses, optimizations and measures extract maps with."""

VGG16_FILE = "STYLEMIX_VGG16"
"""Environment variable that names a safetensors file with VGG-16's weights."""


def feature_net(name: str, weights: str | Path | None = None) -> FeatureNet:
    """Return a frozen feature network by name; everything that extracts features asks here.

    Args:
        name: ``"thin"``, the small network that ships with stylemix, whose maps are in VGG-16's
            metric (:class:`DistilledVGG`; ``"thin-encoder"``, which style encoders and the
            generator ``vgg`` are made of, is another one); or ``"vgg16"``.
        weights: a safetensors or ``.pth`` file. None takes for ``"thin"`` the file that ships, and
            for ``"vgg16"`` the one that the environment variable ``STYLEMIX_VGG16`` names, else
            torchvision's download.

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had, or don't fit.
    """
    check_features(name)
    if name == "thin":
        return DistilledVGG.load(weights)
    given = weights or os.environ.get(VGG16_FILE)
    if given:
        return VGG16.load(given)
    try:
        return VGG16.load()
    except WeightsError as problem:
        raise WeightsError(
            f"VGG-16's weights could not be downloaded ({problem.__cause__ or problem}): connect "
            "to the internet once, so that torchvision can fetch them, or set the environment "
            f"variable {VGG16_FILE} to a safetensors file with features.N.weight and "
            "features.N.bias. The features 'thin' need neither"
        ) from problem


def check_features(name: str) -> str:
    """Return the name of a feature network that there is.

    Raises:
        ConfigError: there is none of that name.
    """
    if not isinstance(name, str) or name not in FEATURES:
        raise ConfigError(
            f"no feature network is named {name!r}{suggest(str(name), FEATURES)} "
            f"(there are: {', '.join(FEATURES)})"
        )
    return name
