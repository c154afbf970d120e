from __future__ import annotations

import torch
from helpers import picture

from stylemix.backbones import BLOCK_ENDS
from stylemix.encoders import ThinEncoder


def make():
    torch.manual_seed(0)
    encoder = ThinEncoder(dim=8, hidden=16)
    encoder.initialize()
    return encoder.eval()


def test_code_has_the_declared_channels():
    encoder = make()
    code = encoder(picture(1, 40, 56))
    assert {k: v.shape[1] for k, v in code.items()} == dict(encoder.channels)
    assert list(encoder.channels)[1:] == list(BLOCK_ENDS)


def test_shipped_trunk_is_trained():
    """Trained features tell a photograph from noise far better than fresh weights do."""
    encoder = make()
    weight = encoder.trunk.features["0"].weight
    torch.manual_seed(0)
    fresh = ThinEncoder(dim=8, hidden=16).trunk.features["0"].weight
    assert (weight - fresh).abs().max() > 0.05


def test_calibration_standardises_what_it_saw():
    encoder = make()
    images = torch.cat([picture(s, 24, 24) for s in range(12)])
    encoder.calibrate(images)
    _, statistics = encoder._extract(images)
    standard = (statistics - encoder.typical_mean) / encoder.typical_std
    torch.testing.assert_close(standard.mean(0), torch.zeros_like(standard[0]), atol=1e-3, rtol=0)


def test_a_picture_of_one_pixel_has_a_finite_code():
    assert torch.isfinite(make()(torch.full((1, 3, 1, 1), 0.5))["embedding"]).all()


def test_the_trunk_does_not_train():
    assert not any(p.requires_grad for p in make().trunk.parameters())
