from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from stylemix.backbones import BLOCK_ENDS, HALO, LAYERS, TILE_UNIT, ThinVGG


@pytest.fixture(scope="module")
def reference():
    return list(torchvision.models.vgg16(weights=None).features)


def test_numbers_blocks_and_strides_are_torchvisions(reference):
    found, block, position = [], 1, 0
    for number, module in enumerate(reference):
        if isinstance(module, nn.MaxPool2d):
            block, position = block + 1, 0
        if isinstance(module, nn.Conv2d) and block <= 4:
            position += 1
            assert isinstance(reference[number + 1], nn.ReLU)
            found.append((f"relu{block}_{position}", number, block, 2 ** (block - 1)))
    assert [(n, v.number, v.block, v.stride) for n, v in LAYERS.items()] == found
    assert all(name == layer.name for name, layer in LAYERS.items())


def test_a_pool_stands_in_front_of_the_layers_that_say_so(reference):
    pooled = {name for name, layer in LAYERS.items() if layer.pooled}
    assert pooled == {
        name
        for name, layer in LAYERS.items()
        if layer.number and isinstance(reference[layer.number - 1], nn.MaxPool2d)
    }


def test_block_ends_are_the_last_layers_in_front_of_pools(reference):
    ends = [n for n, v in LAYERS.items() if isinstance(reference[v.number + 2], nn.MaxPool2d)]
    assert list(BLOCK_ENDS) == ends


@pytest.mark.parametrize("name", LAYERS)
def test_reach_is_how_far_the_gradient_comes(name):
    torch.manual_seed(0)
    net, layer = ThinVGG().double(), LAYERS[name]
    image = torch.rand(1, 3, 16, 192, dtype=torch.float64, requires_grad=True)
    at = 96 // layer.stride
    (gradient,) = torch.autograd.grad(net(image, [name])[name][..., at].sum(), image)
    felt = gradient.abs().amax((0, 1, 2)).nonzero().flatten()
    assert int(felt.min()) >= 96 - layer.reach
    assert int(felt.max()) <= 96 + layer.stride - 1 + layer.reach
    # Not far too wide: a max-pool passes one of its two pixels on.
    assert felt.max() - felt.min() + 1 >= 2 * layer.reach - layer.stride


def test_tiles_and_halo_serve_every_layer():
    assert all(TILE_UNIT % layer.stride == 0 for layer in LAYERS.values())
    assert HALO % TILE_UNIT == 0
    assert max(layer.reach for layer in LAYERS.values()) <= HALO < 49 + TILE_UNIT
