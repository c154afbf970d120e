from __future__ import annotations

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_distilled
from safetensors.torch import save_file

from stylemix.backbones import BLOCK_ENDS, DistilledVGG, feature_net
from stylemix.backbones.distilled import WEIGHTS
from stylemix.backbones.vgg import VGG16_CHANNELS, ThinVGG
from stylemix.backbones.weights_file import load_weights
from stylemix.errors import ConfigError, WeightsError


def raw(net, layer, image):
    """Give the features behind the metric, with the constant one, [C + 1, positions]."""
    flat = ThinVGG.forward(net, image, (layer,))[layer][0].flatten(1)
    return torch.cat([flat, torch.ones(1, flat.shape[1])])


def flat(x):
    return x[0].flatten(1)


@pytest.mark.parametrize("layer", BLOCK_ENDS)
@pytest.mark.parametrize("wide", [9, 4])  # fewer than C + 1 at the deeper layers
def test_distances_equal_those_of_the_formed_teacher(layer, wide):
    net, maps = tiny_distilled(wide=wide)
    images = [picture(i, 40, 48) for i in (1, 2)]
    a, b = (flat(net(x, (layer,))[layer]) for x in images)
    ta, tb = (maps[layer] @ raw(net, layer, x) for x in images)
    close = {"rtol": 1e-4, "atol": 1e-4}
    torch.testing.assert_close((a - b).square().sum(), (ta - tb).square().sum(), **close)
    torch.testing.assert_close(a.square().sum(), ta.square().sum(), **close)
    torch.testing.assert_close(
        (a @ a.T - b @ b.T).square().sum(), (ta @ ta.T - tb @ tb.T).square().sum(), **close
    )
    # Inner products of places, which patch matching compares.
    torch.testing.assert_close(a.T @ b, ta.T @ tb, **close)
    assert len(a) == net.channels[layer] <= maps[layer].shape[1]


def test_the_network_that_ships():
    net = feature_net("thin")
    assert isinstance(net, DistilledVGG)
    assert not any(p.requires_grad for p in net.parameters())
    state = load_weights(WEIGHTS)
    image = picture(3, 32, 40)
    for number, layer in enumerate(BLOCK_ENDS):
        weight, bias = (state[f"maps.{number}.{part}"].float() for part in ("weight", "bias"))
        assert len(bias) == VGG16_CHANNELS[number]
        teacher = torch.cat([weight.flatten(1), bias[:, None]], dim=1) @ raw(net, layer, image)
        own = flat(net(image, (layer,))[layer])
        torch.testing.assert_close(own.square().sum(), teacher.square().sum(), rtol=1e-3, atol=1e-3)


def write(path, net, maps, **changes):
    state = {f"features.{k}": v for k, v in net.features.state_dict().items()}
    for number, layer in enumerate(BLOCK_ENDS):
        state[f"maps.{number}.weight"] = maps[layer][:, :-1, None, None].contiguous()
        state[f"maps.{number}.bias"] = maps[layer][:, -1].contiguous()
    save_file({k: v for k, v in (state | changes).items() if v is not None}, path)
    return path


def test_a_file_of_any_width_is_loaded(tmp_path):
    net, maps = tiny_distilled((2, 5, 3, 7))
    again = feature_net("thin", write(tmp_path / "thin.safetensors", net, maps))
    image = picture(1, 24, 32)
    for layer, x in net(image).items():
        torch.testing.assert_close(again(image)[layer], x)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("maps.2.bias", None),
        ("features.10.bias", None),
        ("features.12.weight", torch.zeros(3)),
        ("maps.0.weight", torch.zeros(9, 4, 1, 1)),
        ("features.99.bias", torch.zeros(3)),
    ],
)
def test_files_that_do_not_fit_are_refused(tmp_path, key, value):
    net, maps = tiny_distilled()
    path = write(tmp_path / "thin.safetensors", net, maps, **{key: value})
    with pytest.raises(WeightsError, match="stylemix distill"):
        feature_net("thin", path)


def test_a_layer_without_a_map_is_named():
    with pytest.raises(ConfigError, match=r"relu4_1.*vgg16"):
        tiny_distilled()[0](picture(1), ("relu4_1",))
