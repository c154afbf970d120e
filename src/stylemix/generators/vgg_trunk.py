"""The frozen feature network in front of an encoder-decoder generator."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import VGG16_FILE, FeatureNet, ThinVGG, check_features, feature_net
from stylemix.errors import ConfigError
from stylemix.plugins.registries import suggest

# Layer -> number in torchvision's vgg16.features; a max-pool stands in front of each block's first.
NUMBERS = {
    "relu1_1": 0,
    "relu1_2": 2,
    "relu2_1": 5,
    "relu2_2": 7,
    "relu3_1": 10,
    "relu3_2": 12,
    "relu3_3": 14,
    "relu4_1": 17,
    "relu4_2": 19,
    "relu4_3": 21,
}
LAYERS = tuple(NUMBERS)

# Root mean square of each layer on photographs of 256 x 256 pixels, with reflection padding.
SIZES = {
    "thin": (0.794, 2.035, 1.546, 1.908, 1.228, 0.867, 1.044, 0.569, 0.284, 0.389),
    "vgg16": (47.4, 210.6, 313.3, 448.9, 512.7, 526.8, 465.5, 348.9, 201.3, 79.8),
}


def stride_of(layer: str) -> int:
    """Return the picture pixels per pixel of a layer's map."""
    return 1 << (int(layer[4]) - 1)


def pooled_before(layer: str) -> bool:
    """Return whether a max-pool stands in front of a layer."""
    return layer[5:] == "_1" and layer[4] != "1"


class Trunk(nn.Module):
    """VGG-16's shape up to some layer, frozen, with every layer at the same scale.

    Two things differ from the network as a loss sees it. Every convolution is padded by
    reflection: zeros would show as a frame in pictures decoded from the maps. And each layer is
    divided by its root mean square on photographs, folded into the weights, so that a decoder
    meets inputs of unit size (as the ``vgg_normalised`` of Huang and Belongie, 2017, does for
    every channel).

    The weights are buffers: no optimiser sees them. Those of ``"thin"``, our own, are saved with
    a model, which thereby keeps the encoder that its decoder belongs to; those of ``"vgg16"``
    never are, but read when the model is built.

    Args:
        features: ``"thin"`` or ``"vgg16"``.
        deepest: the last layer.

    Attributes:
        channels: of each layer.
    """

    mean: Tensor

    def __init__(self, features: str, deepest: str) -> None:
        super().__init__()
        net = _network(features)
        self.layers = LAYERS[: check_layer(deepest) + 1]
        self.channels: dict[str, int] = {}
        self.register_buffer("mean", net.mean.clone(), persistent=False)
        before = net.scale
        for layer, size in zip(self.layers, SIZES[features], strict=False):
            convolution = net.features[str(NUMBERS[layer])]
            assert isinstance(convolution, nn.Conv2d)
            assert convolution.bias is not None
            kept = features == "thin"
            weight = convolution.weight.detach() * (before / size)
            self.register_buffer(f"{layer}_weight", weight, persistent=kept)
            self.register_buffer(f"{layer}_bias", convolution.bias.detach() / size, persistent=kept)
            self.channels[layer] = convolution.out_channels
            before = size

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return maps by layer of pictures [N, 3, H, W] in [0, 1], both above the last stride."""
        wanted = set(layers)
        found: dict[str, Tensor] = {}
        x = image - self.mean
        for layer in self.layers:
            if len(found) == len(wanted):
                break
            if pooled_before(layer):
                x = F.max_pool2d(x, 2)
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
            x = F.relu(
                F.conv2d(x, getattr(self, f"{layer}_weight"), getattr(self, f"{layer}_bias"))
            )
            if layer in wanted:
                found[layer] = x
        return found

    def reach(self, layer: str) -> int:
        """Return how far, in picture pixels, a value of a layer's map sees beyond its place."""
        pixels = 0
        for name in self.layers:
            if pooled_before(name):
                pixels += stride_of(name) // 2
            pixels += stride_of(name)
            if name == layer:
                break
        return pixels


def check_layer(layer: str) -> int:
    """Return a layer's place among :data:`LAYERS`.

    Raises:
        ConfigError: there is no such layer.
    """
    if layer not in LAYERS:
        raise ConfigError(
            f"generator.layers: no layer is named {layer!r}"
            f"{suggest(str(layer), LAYERS)} (there are: {', '.join(LAYERS)})"
        )
    return LAYERS.index(layer)


def _network(features: str) -> FeatureNet:
    if check_features(features) == "thin":
        thin = ThinVGG()
        thin.load_weights()
        return thin
    return _vgg16(os.environ.get(VGG16_FILE, ""))


@functools.lru_cache(maxsize=1)
def _vgg16(file: str) -> FeatureNet:
    """Remember the network that a file, or torchvision, gave last."""
    with torch.inference_mode(False):
        return feature_net("vgg16", file or None)
