from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from helpers import picture

from stylemix.backbones import BLOCK_ENDS, feature_net
from stylemix.metrics.perceptual import (
    content_loss,
    describe,
    join,
    raw_content_loss,
    raw_style_loss,
    style_loss,
)


@pytest.fixture(scope="module")
def net():
    return feature_net("thin")


def _numpy_grams(image, net):
    found = []
    for layer in BLOCK_ENDS:
        x = net(image, [layer])[layer][0].double().numpy()
        flat = x.reshape(len(x), -1)
        found.append(flat @ flat.T / flat.size)
    return found


def test_losses_equal_their_equations(net):
    y, c, s = picture(0, 40, 48), picture(1, 40, 48), picture(2, 56, 32)
    looks = [describe(x, net) for x in (y, c, s)]
    f_y, f_c = (net(x, ["relu3_3"])["relu3_3"].double().numpy() for x in (y, c))
    wanted = ((f_y - f_c) ** 2).sum() / (f_c**2).sum()
    assert float(content_loss(looks[0], looks[1])) == pytest.approx(wanted, rel=1e-4)
    assert float(raw_content_loss(looks[0], looks[1])) == pytest.approx(
        ((f_y - f_c) ** 2).mean(), rel=1e-4
    )
    grams = list(zip(_numpy_grams(y, net), _numpy_grams(s, net), strict=True))
    wanted = np.mean([np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in grams])
    assert float(style_loss(looks[0], looks[2])) == pytest.approx(wanted, rel=1e-4)
    assert float(raw_style_loss(looks[0], looks[2])) == pytest.approx(
        sum(((a - b) ** 2).mean() for a, b in grams), rel=1e-3
    )


def test_a_copy_costs_nothing_and_no_features_cost_one(net):
    own = describe(picture(3), net)
    assert float(content_loss(own, own)) == 0
    assert float(style_loss(own, own)) == 0
    nothing = type(own)(torch.zeros_like(own.content), tuple(map(torch.zeros_like, own.grams)))
    assert float(content_loss(nothing, own)) == pytest.approx(1)
    assert float(style_loss(nothing, own)) == pytest.approx(1)


def test_batches_give_each_pair_its_loss(net):
    y, c = torch.cat([picture(4), picture(5)]), torch.cat([picture(6), picture(7)])
    both = content_loss(describe(y, net), describe(c, net))
    each = [content_loss(describe(y[i], net), describe(c[i], net)) for i in range(2)]
    torch.testing.assert_close(both, torch.cat(each), rtol=1e-4, atol=1e-5)


def test_join_keeps_the_order(net):
    a, b = describe(picture(8), net), describe(picture(9, 40, 24), net)
    joined = join([a, b])
    for got, first, second in zip(joined.grams, a.grams, b.grams, strict=True):
        assert torch.equal(got[0], first[0])
        assert torch.equal(got[1], second[0])


def test_content_needs_maps_of_one_size(net):
    own = describe(picture(3), net)
    with pytest.raises(ValueError, match="one size"):
        content_loss(describe(picture(3, 48, 32), net), own)
    with pytest.raises(ValueError, match="content=True"):
        content_loss(describe(picture(3), net, content=False), own)


@pytest.mark.skipif("STYLEMIX_VGG16" not in os.environ, reason="needs VGG-16's weights")
def test_unrelated_pictures_are_far_apart_to_vgg16():
    net = feature_net("vgg16", os.environ["STYLEMIX_VGG16"])
    a, b = describe(torch.rand(3, 64, 64), net), describe(picture(1, 64, 64), net)
    assert float(content_loss(a, b)) > 0.5
    assert float(content_loss(b, b)) == 0
