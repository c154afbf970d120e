from __future__ import annotations

import math

import pytest
import torch
import torchvision
from helpers import picture
from safetensors.torch import save_file

from stylemix.encoders import InceptionEncoder
from stylemix.errors import WeightsError


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return InceptionEncoder(dim=16).eval()


@pytest.fixture(scope="module")
def torchvision_net():
    torch.manual_seed(1)
    return torchvision.models.inception_v3(weights=None, init_weights=False).eval()


def test_embedding_has_length_alpha(encoder):
    with torch.no_grad():
        z = encoder(torch.cat([picture(1, 80, 80), picture(2, 80, 80)]))["embedding"]
    torch.testing.assert_close(z.norm(dim=1), torch.full((2,), math.sqrt(16)))
    assert encoder.alpha.requires_grad


def test_maps_have_the_declared_channels(encoder):
    with torch.no_grad():
        code = encoder(picture(1, 96, 80))
    assert {k: v.shape[1] for k, v in code.items()} == dict(encoder.channels)


def test_small_pictures_are_enlarged(encoder):
    with torch.no_grad():
        assert torch.isfinite(encoder(picture(1, 8, 200))["embedding"]).all()


def test_equals_torchvision_up_to_mixed_6e(encoder, torchvision_net, tmp_path):
    """An independent reference: torchvision's own network with the same weights."""
    own = encoder.trunk.state_dict()
    state = {k: v.contiguous() for k, v in torchvision_net.state_dict().items() if k in own}
    save_file(state, tmp_path / "inception.safetensors")
    encoder.initialize(tmp_path / "inception.safetensors")
    seen = {}
    torchvision_net.Mixed_6e.register_forward_hook(lambda m, i, o: seen.setdefault("y", o))
    image = picture(3, 96, 96)
    with torch.no_grad():
        torchvision_net(torch.nn.functional.pad(image * 2 - 1, (0, 0, 0, 0)))
        got = encoder(image)["mixed_6e"]
    torch.testing.assert_close(got, seen["y"], atol=1e-5, rtol=1e-4)


def test_frozen_norms_keep_their_statistics(encoder):
    before = encoder.trunk.Conv2d_1a_3x3.bn.running_mean.clone()
    encoder.train()
    encoder(picture(1, 80, 80).expand(2, -1, -1, -1))
    encoder.eval()
    torch.testing.assert_close(encoder.trunk.Conv2d_1a_3x3.bn.running_mean, before)


def test_weights_that_do_not_fit(encoder, tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "wrong.safetensors")
    with pytest.raises(WeightsError, match="lacks"):
        encoder.initialize(tmp_path / "wrong.safetensors")
