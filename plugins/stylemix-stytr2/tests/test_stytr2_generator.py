"""Patch embedding and decoder, and the presets."""

from __future__ import annotations

import copy

import pytest
import torch
from stylemix_stytr2 import PRESETS, PatchTransformer

from stylemix import StyleMix
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.stylizers import FeedForward, build


def _model(patch: int = 4) -> FeedForward:
    config = copy.deepcopy(PRESETS["stytr2"])
    config["generator"] |= {"channels": 16, "patch": patch}
    config["injections"][0] |= {"layers": 1, "heads": 2}
    torch.manual_seed(0)
    model = build(config).eval()
    assert isinstance(model, FeedForward)
    return model


def _picture(seed: int, height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("patch", [2, 4, 8, 16])
@pytest.mark.parametrize("height, width", [(48, 48), (32, 80)])
def test_a_picture_comes_out_as_large_as_it_went_in(patch: int, height: int, width: int) -> None:
    model = _model(patch)
    with torch.inference_mode():
        style = model.prepare(_picture(2, 64, 32))
        out = model(_picture(1, height, width), StyleMix.single(style))
    assert out.shape == (1, 3, height, width)
    assert 0 <= out.min() <= out.max() <= 1


def test_any_size_can_be_stylised() -> None:
    made = _model(8).stylize(_picture(1, 37, 51)[0], _picture(2, 30, 20)[0])
    assert made.size == (51, 37)


def test_a_token_is_a_linear_map_of_its_patch() -> None:
    generator = _model().generator
    image = _picture(1, 16, 24)
    tokens = generator.features(image)["tokens"]
    convolution = generator.stages[0].convolution
    patch = image[0, :, 4:8, 12:16] * 2 - 1
    wanted = convolution.weight.flatten(1) @ patch.flatten() + convolution.bias
    assert torch.allclose(tokens[0, :, 1, 3], wanted, atol=1e-6)


def test_what_the_decoder_sees_lies_within_its_halo() -> None:
    for patch in (2, 8):
        stage = _model(patch).generator.stages[2].double()
        x = torch.randn(1, 16, 16, 16, dtype=torch.float64, requires_grad=True)
        y = stage(x, None)[..., 8 * patch, 8 * patch].sum()
        (gradient,) = torch.autograd.grad(y, x)
        rows = gradient.abs().sum((0, 1, 3)).nonzero()
        assert int(rows.min()) >= 8 - stage.halo
        assert int(rows.max()) <= 8 + stage.halo


def test_tiles_equal_the_whole_though_the_content_attends_to_all_of_itself() -> None:
    model = _model()
    content, painting = _picture(1, 72, 88), _picture(2, 32, 32)
    with torch.no_grad():
        mix = StyleMix.single(model.prepare(painting))
        whole, tiled = (model.render(content[0], mix, tile) for tile in (0, 32))
    assert (whole - tiled).abs().max() < 1e-4


def test_sizes_of_the_paper() -> None:
    model = build(copy.deepcopy(PRESETS["stytr2-paper"]))
    assert isinstance(model, FeedForward)
    shapes = {name: p.shape for name, p in model.named_parameters()}
    assert shapes["generator.stages.0.convolution.weight"] == (512, 3, 8, 8)
    layers = {
        name.split("injections.stytr2.")[1].rsplit(".", 2)[0]
        for name in shapes
        if "network.0.weight" in name
    }
    assert len(layers) == 9
    assert {s for n, s in shapes.items() if n.endswith("network.0.weight")} == {(2048, 512)}


def test_values_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="patch must be one of 2, 4, 8, 16, got 6"):
        check_table(PatchTransformer, {"patch": 6}, "generator")
    with pytest.raises(ConfigError, match="channels must be"):
        check_table(PatchTransformer, {"channels": 0}, "generator")
