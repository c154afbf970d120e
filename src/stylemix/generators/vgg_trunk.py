"""The frozen feature network in front of an encoder-decoder generator."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable

import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import LAYERS, VGG16_FILE, FeatureNet, ThinVGG, feature_net
from stylemix.errors import ConfigError
from stylemix.ops.defaults import building
from stylemix.plugins.registries import suggest

OWN = "thin-encoder"
"""The small network that style encoders and this generator are made of. It is another one than the
feature network ``"thin"`` of losses and measures (:func:`stylemix.backbones.feature_net`)."""

_FORMER = {"thin": OWN}
"""Networks by the names that former configurations have."""

# Root mean square of each layer on photographs of 256 x 256 pixels, with reflection padding.
SIZES = {
    OWN: (0.794, 2.035, 1.546, 1.908, 1.228, 0.867, 1.044, 0.569, 0.284, 0.389),
    "vgg16": (47.4, 210.6, 313.3, 448.9, 512.7, 526.8, 465.5, 348.9, 201.3, 79.8),
}


class Trunk(nn.Module):
    """VGG-16's shape up to some layer, frozen, with every layer at the same scale.

    Two things differ from the network as a loss sees it. Every convolution is padded by
    reflection: zeros would show as a frame in pictures decoded from the maps. And each layer is
    divided by its root mean square on photographs, folded into the weights, so that a decoder
    meets inputs of unit size (as the ``vgg_normalised`` of Huang and Belongie, 2017, does for
    every channel).

    The weights are buffers: no optimiser sees them. Those of ``"thin-encoder"``, our own, are saved
    with a model, which thereby keeps the encoder that its decoder belongs to; those of ``"vgg16"``
    never are, but read when the model is built.

    Args:
        features: ``"thin-encoder"`` or ``"vgg16"``; ``"thin"`` is the former name of the first.
        deepest: the last layer.

    Attributes:
        channels: of each layer.
    """

    mean: Tensor

    def __init__(self, features: str, deepest: str) -> None:
        super().__init__()
        features = check_network(features)
        net = _network(features)
        self.layers = tuple(LAYERS)[: check_layer(deepest) + 1]
        self.channels: dict[str, int] = {}
        self.register_buffer("mean", net.mean.clone(), persistent=False)
        before = net.scale
        for layer, size in zip(self.layers, SIZES[features], strict=False):
            convolution = net.features[str(LAYERS[layer].number)]
            assert isinstance(convolution, nn.Conv2d)
            assert convolution.bias is not None
            kept = features == OWN
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
            if LAYERS[layer].pooled:
                x = F.max_pool2d(x, 2)
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
            x = F.relu(
                F.conv2d(x, getattr(self, f"{layer}_weight"), getattr(self, f"{layer}_bias"))
            )
            if layer in wanted:
                found[layer] = x
        return found


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
    return list(LAYERS).index(layer)


def check_network(features: str) -> str:
    """Return the name of a trunk's network, for a former name the one that it has now.

    Raises:
        ConfigError: there is no such network.
    """
    name = _FORMER.get(features, features) if isinstance(features, str) else features
    if not isinstance(name, str) or name not in SIZES:
        raise ConfigError(
            f"generator.features: no network is named {name!r}"
            f"{suggest(str(name), SIZES)} (there are: {', '.join(SIZES)})"
        )
    return name


def _network(features: str) -> FeatureNet:
    if features == OWN:
        thin = ThinVGG()
        thin.load_weights()
        return thin
    return _vgg16(os.environ.get(VGG16_FILE, ""))


@functools.lru_cache(maxsize=1)
def _vgg16(file: str) -> FeatureNet:
    """Remember the network that a file, or torchvision, gave last."""
    with building():
        return feature_net("vgg16", file or None)
