from __future__ import annotations

import os

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_space

from stylemix.backbones import ThinVGG, feature_net
from stylemix.backbones.weights_file import load_weights
from stylemix.errors import ConfigError, WeightsError
from stylemix.losses.style import GRAM_LAYERS
from stylemix.ops import gram
from stylemix.optimization.space import VGG16_FILE, FeatureSpace, feature_space


def teacher(maps, layer, x):
    """Form the teacher's features [T, P] explicitly, which the library never does."""
    flat = x[0].flatten(1)
    return maps[layer] @ torch.cat([flat, torch.ones(1, flat.shape[1])])


@pytest.mark.parametrize("layer", GRAM_LAYERS)
def test_distances_equal_those_of_the_formed_teacher(layer):
    space, _, maps = tiny_space()
    a, b = (space.look(picture(i, 40, 48))[layer] for i in (1, 2))
    ta, tb = teacher(maps, layer, a), teacher(maps, layer, b)
    close = {"rtol": 1e-4, "atol": 1e-4}
    torch.testing.assert_close(space.energy(layer, a - b), (ta - tb).square().sum(), **close)
    torch.testing.assert_close(space.energy(layer, a, absolute=True), ta.square().sum(), **close)
    difference = space.gram_sum(layer, a) - space.gram_sum(layer, b)
    torch.testing.assert_close(space.gram_energy(layer, difference),
                               (ta @ ta.T - tb @ tb.T).square().sum(), **close)


def test_a_guided_gram_is_that_of_the_weighted_teacher():
    space, _, maps = tiny_space()
    x = space.look(picture(1, 40, 48))["relu2_2"]
    t = torch.rand(1, 1, *x.shape[-2:])
    features = teacher(maps, "relu2_2", x) * t.sqrt().flatten()  # T of the paper is sqrt(t)
    torch.testing.assert_close(space.gram_energy("relu2_2", space.gram_sum("relu2_2", x, t)),
                               (features @ features.T).square().sum(), rtol=1e-4, atol=1e-4)


def test_without_a_map_the_metric_is_the_identity():
    space, _, _ = tiny_space(mapped=False)
    a, b = (space.look(picture(i, 40, 48))["relu3_3"] for i in (1, 2))
    torch.testing.assert_close(space.energy("relu3_3", a - b), (a - b).square().sum())
    torch.testing.assert_close(space.energy("relu3_3", a, absolute=True), a.square().sum())
    found = space.gram_sum("relu3_3", a) / a.numel()
    torch.testing.assert_close(found, gram(a)[0])
    torch.testing.assert_close(space.gram_energy("relu3_3", found), found.square().sum())


def test_bfloat16_is_close():
    space, net, _ = tiny_space(mapped=False)
    image = picture(1, 40, 48)
    exact = space.look(image)["relu4_3"]
    rough = FeatureSpace(net, bfloat16=True).look(image)["relu4_3"]
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).norm() / exact.norm() < 0.05


def test_the_network_that_ships():
    space = feature_space("thin")
    state = load_weights(ThinVGG.WEIGHTS)
    image = picture(3, 32, 40)
    x = feature_net("thin")(image, ("relu1_2",))["relu1_2"][0].flatten(1)
    t = state["maps.0.weight"].float().flatten(1) @ x + state["maps.0.bias"].float()[:, None]
    space.bfloat16 = False
    own = space.look(image)["relu1_2"]
    torch.testing.assert_close(space.energy("relu1_2", own, absolute=True), t.square().sum(),
                               rtol=1e-3, atol=1e-3)
    found = space.gram_energy("relu1_2", space.gram_sum("relu1_2", own))
    torch.testing.assert_close(found, (t @ t.T).square().sum(), rtol=1e-3, atol=1e-3)


def test_missing_weights_say_both_ways(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="thin, vgg16"):
        feature_space("vgg19")
    monkeypatch.setenv(VGG16_FILE, str(tmp_path / "none.safetensors"))
    with pytest.raises(WeightsError, match="there is no weights file"):
        feature_space("vgg16")
    monkeypatch.delenv(VGG16_FILE)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def offline(*args, **options):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(WeightsError, match=f"connect to the internet.*{VGG16_FILE}.*thin"):
        feature_space("vgg16")


def test_a_thin_network_without_maps_is_refused(tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "thin.safetensors"
    state = {k: v for k, v in load_weights(ThinVGG.WEIGHTS).items() if k != "maps.2.bias"}
    save_file(state, path)
    with pytest.raises(WeightsError, match=r"maps\.2\.bias"):
        feature_space("thin", path)


@pytest.mark.skipif(VGG16_FILE not in os.environ, reason="needs VGG-16's weights")
def test_vgg16_from_the_environment():
    space = feature_space("vgg16")
    assert space.look(picture(1))["relu4_3"].shape == (1, 512, 4, 4)
