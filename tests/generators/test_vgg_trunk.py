from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from helpers import picture
from safetensors.torch import save_file

from stylemix.backbones import VGG16, VGG16_FILE, ThinVGG
from stylemix.errors import ConfigError, WeightsError
from stylemix.generators import vgg_trunk
from stylemix.generators.vgg_trunk import LAYERS, SIZES, Trunk, stride_of


def thin_net() -> ThinVGG:
    net = ThinVGG()
    net.load_weights()
    return net


@pytest.fixture
def vgg_file(tmp_path, monkeypatch):
    """VGG-16's shape with random weights, named by the environment variable."""
    torch.manual_seed(0)
    path = tmp_path / "vgg.safetensors"
    save_file(VGG16().state_dict(), path)
    monkeypatch.setenv(VGG16_FILE, str(path))
    vgg_trunk._vgg16.cache_clear()
    yield path
    vgg_trunk._vgg16.cache_clear()


def test_far_from_the_border_it_is_the_feature_network_over_a_constant():
    net = thin_net()
    x = picture(1, 192, 192)
    found = Trunk("thin", "relu4_3")(x, ["relu1_2", "relu2_2", "relu3_3", "relu4_1", "relu4_3"])
    for layer, wanted in net(x).items():
        ratio = SIZES["thin"][LAYERS.index(layer)]
        edge = 64 // stride_of(layer)  # farther in than zeros or reflections are seen
        inner = (..., slice(edge, -edge), slice(edge, -edge))
        torch.testing.assert_close(found[layer][inner] * ratio, wanted[inner], rtol=1e-3, atol=1e-4)


def test_padding_is_by_reflection():
    """A picture mirrored beyond its edges has the same map inside as the picture alone."""
    trunk = Trunk("thin", "relu1_2")
    x = picture(1, 24, 24)
    wide = F.pad(x, (4, 4, 4, 4), mode="reflect")
    alone, inside = (trunk(image, ["relu1_1"])["relu1_1"] for image in (x, wide))
    torch.testing.assert_close(inside[..., 4:-4, 4:-4], alone, rtol=1e-4, atol=1e-5)
    assert float((F.pad(x, (1, 1, 1, 1)) - F.pad(x, (1, 1, 1, 1), mode="reflect")).abs().max()) > 0


@pytest.mark.parametrize("layer", LAYERS)
def test_reach_is_the_receptive_field(layer):
    torch.manual_seed(0)
    trunk = Trunk("thin", layer).double()
    side = 128
    x = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    y = trunk(x, [layer])[layer]
    at = y.shape[-1] // 2
    (gradient,) = torch.autograd.grad(y[..., at, at].sum(), x)
    rows = gradient.abs().amax((0, 1, 3)).nonzero().flatten()
    first, last = at * stride_of(layer), (at + 1) * stride_of(layer) - 1
    reach = trunk.reach(layer)
    assert first - reach <= rows.min() and rows.max() <= last + reach
    assert rows.max() - rows.min() + 1 >= 2 * reach - stride_of(layer)  # not far too wide


def test_nothing_is_trained_and_gradients_pass():
    trunk = Trunk("thin", "relu2_1")
    assert not list(trunk.parameters())
    x = picture(0, 16, 16).requires_grad_()
    trunk(x, ["relu2_1"])["relu2_1"].sum().backward()
    assert x.grad is not None and float(x.grad.abs().max()) > 0


def test_own_weights_are_kept_with_a_model_and_those_of_vgg16_never(vgg_file):
    assert len(Trunk("thin", "relu3_1").state_dict()) == 2 * 5
    trunk = Trunk("vgg16", "relu2_2")
    assert trunk.state_dict() == {}
    assert trunk.channels == {"relu1_1": 64, "relu1_2": 64, "relu2_1": 128, "relu2_2": 128}
    x = picture(2, 96, 96)
    wanted = VGG16.load(vgg_file)(x, ["relu2_2"])["relu2_2"]
    found = trunk(x, ["relu2_2"])["relu2_2"] * SIZES["vgg16"][3]
    torch.testing.assert_close(
        found[..., 8:-8, 8:-8],
        wanted[..., 8:-8, 8:-8],
        rtol=1e-3,
        atol=1e-3 * float(wanted.abs().max()),
    )


def test_missing_weights_are_named(monkeypatch, tmp_path):
    vgg_trunk._vgg16.cache_clear()
    monkeypatch.setenv(VGG16_FILE, str(tmp_path / "none.safetensors"))
    with pytest.raises(WeightsError, match="none.safetensors"):
        Trunk("vgg16", "relu1_1")


def test_bad_names():
    with pytest.raises(ConfigError, match="did you mean 'thin'"):
        Trunk("thim", "relu1_1")
    with pytest.raises(ConfigError, match="relu9_1.*there are: relu1_1"):
        Trunk("thin", "relu9_1")


@pytest.mark.parametrize("features", ["thin"])
def test_layers_have_about_unit_size_on_photographs(features):
    from pathlib import Path

    from stylemix.images import read, resize, to_float

    photos = sorted((Path(__file__).parents[2] / "examples" / "photos").glob("*.jpg"))
    trunk = Trunk(features, "relu4_3")
    sizes = []
    for photo in photos:
        maps = trunk(to_float(resize(read(photo).pixels, short_side=128)), LAYERS)
        sizes.append([float(maps[layer].square().mean()) for layer in LAYERS])
    for value in torch.tensor(sizes).mean(0).sqrt().tolist():
        assert 0.6 < value < 1.6
