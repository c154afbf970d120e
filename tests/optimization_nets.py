"""A tiny teacher and student whose linear map is known, in float64 where values are compared."""

from __future__ import annotations

import torch

from stylemix.backbones import FeatureNet
from stylemix.losses.style import GRAM_LAYERS
from stylemix.optimization.space import FeatureSpace


def tiny_net(channels=(3, 4, 5, 6), seed=0):
    """Give a random network in VGG-16's shape."""
    torch.manual_seed(seed)
    net = FeatureNet(channels, 4.0)
    for parameter in net.parameters():
        parameter.data.mul_(2)
    return net.requires_grad_(False)


def tiny_space(*, mapped=True, seed=0):
    """Give a float32 feature space, its net and its linear maps."""
    net = tiny_net(seed=seed)
    maps = {layer: torch.randn(7, net.channels[layer] + 1) for layer in GRAM_LAYERS}
    return FeatureSpace(net, maps if mapped else None, bfloat16=False), net, maps
