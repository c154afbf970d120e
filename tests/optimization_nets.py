"""A tiny teacher and student whose linear map is known, in float64 where values are compared."""

from __future__ import annotations

import torch

from stylemix.backbones import DistilledVGG, FeatureNet
from stylemix.losses.style import GRAM_LAYERS
from stylemix.optimization.extractor import FeatureExtractor


def tiny_net(channels=(3, 4, 5, 6), seed=0):
    """Give a random network in VGG-16's shape."""
    torch.manual_seed(seed)
    net = FeatureNet(channels, 4.0)
    for parameter in net.parameters():
        parameter.data.mul_(2)
    return net.requires_grad_(False)


def tiny_extractor(*, mapped=True, seed=0):
    """Give a float32 feature extractor, its net and, where it has them, its linear maps."""
    if not mapped:
        net = tiny_net(seed=seed)
        return FeatureExtractor(net, bfloat16=False), net, {}
    net, maps = tiny_distilled(seed=seed)
    return FeatureExtractor(net, bfloat16=False), net, maps


def tiny_distilled(channels=(3, 4, 5, 6), wide=9, seed=0):
    """Give a random distilled network and its linear maps [wide, C + 1] by layer."""
    torch.manual_seed(seed)
    maps = {layer: torch.randn(wide, c + 1) for layer, c in zip(GRAM_LAYERS, channels, strict=True)}
    return DistilledVGG(channels, maps).requires_grad_(False), maps
