from __future__ import annotations

import pytest
import torch
from helpers import check_halos, picture, tiny_model

from stylemix.errors import ConfigError
from stylemix.generators import Johnson
from stylemix.injections.style import StyleMix
from stylemix.plugins import check_table
from stylemix.stylizers import FeedForward


def plain(width: int = 4, blocks: int = 2) -> Johnson:
    torch.manual_seed(0)
    return Johnson(lambda site: {}, width=width, blocks=blocks)


def test_layers_are_those_of_the_paper():
    convolutions = [m for m in plain(32, 5).modules() if isinstance(m, torch.nn.Conv2d)]
    shapes = [(c.in_channels, c.out_channels, c.kernel_size[0], c.stride[0]) for c in convolutions]
    assert shapes == [
        (3, 32, 9, 1),
        (32, 64, 3, 2),
        (64, 128, 3, 2),
        *[(128, 128, 3, 1)] * 10,
        (128, 64, 3, 1),
        (64, 32, 3, 1),
        (32, 3, 9, 1),
    ]


def test_declared_halos_are_wide_enough_and_not_far_too_wide():
    check_halos(tiny_model(blocks=1))


def test_output_is_a_picture_of_the_same_size():
    out = plain()(picture(0, 20, 28), StyleMix.single(tiny_model().prepare(picture(1))))
    assert out.shape == (1, 3, 20, 28)
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize("options", [{"width": 0}, {"blocks": -1}, {"width": "wide"}])
def test_bad_options(options):
    (name,) = options
    with pytest.raises(ConfigError, match=rf"^generator\.{name} must be a whole number >= 1"):
        check_table(Johnson, options, "generator")


def test_site_features_have_the_site_channels():
    generator = plain()
    found = generator.features(picture(0, 16, 24))
    for site in generator.sites:
        if site.name in found:
            assert found[site.name].shape == (1, site.channels, 4, 6)
    assert {"bottleneck", "block1.out"} <= set(found)


def test_site_names_are_unique():
    names = [s.name for s in plain().sites]
    assert len(set(names)) == len(names)


def test_sites_in_front_of_a_convolution_tell_its_kernel():
    kernels = {s.name: s.kernel for s in plain().sites}
    assert kernels["down1.conv"] == kernels["output.conv"] == 9
    assert kernels["up2.conv"] == kernels["block1.1.conv"] == 3
    assert {k for name, k in kernels.items() if not name.endswith(".conv")} == {1}


def test_conv_and_norm_injections_at_one_convolution_are_refused():
    config = {
        "generator": {"name": "johnson", "width": 4, "blocks": 1},
        "encoder": {"name": "thin", "dim": 8},
        "injections": [{"name": "film"}, {"name": "concat"}],
    }
    with pytest.raises(ConfigError, match="one or the other"):
        FeedForward.from_config(config)
