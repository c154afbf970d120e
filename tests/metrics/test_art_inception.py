"""ArtFID's network against torchvision's Inception-v3 with the same weights."""

from __future__ import annotations

import pytest
import torch
from helpers import picture
from torchvision.models import inception_v3

from stylemix.errors import WeightsError
from stylemix.metrics.art_inception import ArtInception


@pytest.fixture(scope="module")
def whole():
    torch.manual_seed(0)
    net = inception_v3(weights=None, init_weights=False, aux_logits=False).eval()
    for module in net.modules():  # running statistics that matter
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    return net


@pytest.fixture(scope="module")
def net(whole, tmp_path_factory):
    file = tmp_path_factory.mktemp("art") / "art_inception.pth"
    torch.save(whole.state_dict(), file)
    return ArtInception.load(file)


def test_features_are_torchvisions_pooled_ones(whole, net):
    images = torch.cat([picture(1, 90, 110), picture(2, 90, 110)])
    seen = []
    hook = whole.avgpool.register_forward_hook(lambda *given: seen.append(given[-1]))
    with torch.no_grad():
        whole(images)
    hook.remove()
    found = net.pooled(images)
    assert found.shape == (2, 2048)
    torch.testing.assert_close(found, seen[0].flatten(1), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(net.pooled(images[1]), found[1:], rtol=1e-3, atol=1e-4)


def test_other_weights_are_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="the Inception network of ArtFID"):
        ArtInception.load(tmp_path / "w.pth")
