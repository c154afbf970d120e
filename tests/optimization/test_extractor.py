from __future__ import annotations

import os

import pytest
import torch
from helpers import picture
from optimization_nets import tiny_extractor

from stylemix.backbones import VGG16_FILE
from stylemix.errors import ConfigError, WeightsError
from stylemix.ops import gram
from stylemix.optimization.extractor import FeatureExtractor, feature_extractor, gram_sum


def test_a_guided_gram_is_that_of_the_weighted_features():
    extractor, _, _ = tiny_extractor()
    x = extractor.extract(picture(1, 40, 48))["relu2_2"]
    t = torch.rand(1, 1, *x.shape[-2:])
    weighted = (x * t.sqrt())[0].flatten(1)  # T of the paper is sqrt(t)
    torch.testing.assert_close(gram_sum(x, t), weighted @ weighted.T)
    torch.testing.assert_close(gram_sum(x) / x.numel(), gram(x)[0])


def test_bfloat16_is_close():
    extractor, net, _ = tiny_extractor(mapped=False)
    image = picture(1, 40, 48)
    exact = extractor.extract(image)["relu4_3"]
    rough = FeatureExtractor(net, bfloat16=True).extract(image)["relu4_3"]
    assert rough.dtype == torch.float32
    assert 0 < (rough - exact).norm() / exact.norm() < 0.05


def test_width_is_that_of_the_first_convolution():
    assert tiny_extractor()[0].width == tiny_extractor(mapped=False)[0].width == 3


def test_missing_weights_say_both_ways(tmp_path, monkeypatch):
    with pytest.raises(ConfigError, match="thin, vgg16"):
        feature_extractor("vgg19")
    monkeypatch.setenv(VGG16_FILE, str(tmp_path / "none.safetensors"))
    with pytest.raises(WeightsError, match="there is no weights file"):
        feature_extractor("vgg16")
    monkeypatch.delenv(VGG16_FILE)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def offline(*args, **options):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", offline)
    with pytest.raises(WeightsError, match=f"connect to the internet.*{VGG16_FILE}.*thin"):
        feature_extractor("vgg16")


@pytest.mark.skipif(VGG16_FILE not in os.environ, reason="needs VGG-16's weights")
def test_vgg16_from_the_environment():
    extractor = feature_extractor("vgg16")
    assert extractor.extract(picture(1))["relu4_3"].shape == (1, 512, 4, 4)
