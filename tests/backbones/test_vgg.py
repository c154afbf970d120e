from __future__ import annotations

import pytest
import torch
import torchvision
from helpers import picture
from safetensors.torch import save_file

from stylemix.backbones import LAYERS, VGG16, ThinVGG, feature_net
from stylemix.errors import ConfigError, WeightsError


@pytest.fixture(scope="module")
def reference():
    torch.manual_seed(0)
    return torchvision.models.vgg16(weights=None).features.eval()


def test_equals_torchvision(reference, tmp_path):
    path = tmp_path / "vgg.safetensors"
    save_file({f"features.{k}": v.contiguous() for k, v in reference.state_dict().items()}, path)
    net = VGG16.load(path)
    image = picture(1, 36, 44)
    x = (image - torch.tensor([0.48502, 0.45796, 0.40761]).view(1, 3, 1, 1)) * 255
    want, last = {}, {layer.number + 1: name for name, layer in LAYERS.items()}
    with torch.no_grad():
        for number, layer in enumerate(reference[:23]):
            x = layer(x)
            if number in last:
                want[last[number]] = x.clone()
        got = net(image)
    for name in LAYERS:
        torch.testing.assert_close(got[name], want[name], atol=1e-3, rtol=1e-4)


def test_gives_only_what_is_asked_for():
    assert list(ThinVGG()(picture(0), {"relu2_2"})) == ["relu2_2"]


def test_deeper_layers_are_not_computed():
    net = ThinVGG()
    ran = []
    net.features["10"].register_forward_hook(lambda *a: ran.append(1))
    net(picture(0), ["relu2_2"])
    assert not ran


def test_unknown_layer_suggests():
    with pytest.raises(ConfigError, match="did you mean"):
        ThinVGG()(picture(0), ["relu3_4"])


def test_too_small():
    with pytest.raises(ConfigError, match="too small"):
        ThinVGG()(picture(0, 7, 20))


@pytest.mark.parametrize("content", [b"", b"no safetensors at all" * 9])
def test_damaged_weights(tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="intact"):
        VGG16.load(tmp_path / "w.safetensors")


def test_missing_and_unfit_weights(tmp_path):
    with pytest.raises(WeightsError, match="no weights file"):
        VGG16.load(tmp_path / "none.safetensors")
    save_file({"features.0.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="does not hold"):
        VGG16.load(tmp_path / "w.safetensors")


def test_by_name():
    net = feature_net("thin")
    assert not any(p.requires_grad for p in net.parameters())
    with pytest.raises(ConfigError, match="thin, vgg16"):
        feature_net("vgg19")
