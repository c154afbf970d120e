from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from helpers import check_halos, picture
from torch import nn

import stylemix
from stylemix.errors import ConfigError
from stylemix.generators import Lean
from stylemix.generators.lean import Block
from stylemix.injections.style import StyleMix
from stylemix.plugins import check_table
from stylemix.stylizers import FeedForward, build

MECHANISMS = [
    {"name": "film"},
    {"name": "inject"},
    {"name": "concat"},
    {"name": "patch", "feature": "relu3_3"},
]


def model(*injections: dict, width: int = 12, blocks: int = 2) -> FeedForward:
    torch.manual_seed(0)
    return build(
        {
            "stylizer": "feed_forward",
            "generator": {"name": "lean", "width": width, "blocks": blocks},
            "encoder": {"name": "thin", "dim": 8},
            "injections": list(injections) or [{"name": "film"}],
            "style_size": 64,
        }
    ).eval()


def multiply_adds(generator: Lean, side: int) -> int:
    """Count the multiply-adds of all convolutions, as their definition has them."""
    total = 0

    def count(module: nn.Conv2d, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal total
        total += output[0].numel() * module.weight[0].numel()

    convolutions = [m for m in generator.modules() if isinstance(m, nn.Conv2d)]
    hooks = [m.register_forward_hook(count) for m in convolutions]
    mix = StyleMix.single(model(width=96, blocks=8).prepare(picture(1)))
    with torch.no_grad():
        generator(torch.rand(1, 3, side, side), mix)
    for hook in hooks:
        hook.remove()
    return total


def test_it_does_a_quarter_of_the_work_that_it_says():
    generator = model(width=96, blocks=8).generator
    assert isinstance(generator, Lean)
    assert 16 * multiply_adds(generator, 128) == pytest.approx(7.5e9, rel=0.02)  # 512 x 512


def test_block_is_depthwise_then_two_pointwise_convolutions_and_a_skip():
    torch.manual_seed(0)
    block = Block("block1", 12, 2, lambda site: {})
    x = torch.randn(2, 12, 9, 7)
    norm, project = block.depthwise, block.project
    inside = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), norm.conv.weight, groups=12)
    inside = F.instance_norm(inside, weight=norm.weight, bias=norm.bias, eps=1e-3)
    inside = F.relu(F.conv2d(inside, block.expand.weight, block.expand.bias))
    out = F.instance_norm(
        F.conv2d(inside, project.conv.weight), weight=project.weight, bias=project.bias, eps=1e-3
    )
    mix = StyleMix.single(model().prepare(picture(1)))
    torch.testing.assert_close(block(x, mix), x + out, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_head_written_out():
    made = model()
    head, style = made.generator.stages[-1], made.prepare(picture(5, 40, 40))
    mix = StyleMix.single(style)
    x = torch.randn(1, 12, 8, 10)
    up1, up2 = head.units

    def enlarged(values: torch.Tensor) -> torch.Tensor:
        return F.interpolate(values, scale_factor=2, mode="bilinear", align_corners=False)

    def film(unit: nn.Module, values: torch.Tensor) -> torch.Tensor:
        mean = values.mean((2, 3), keepdim=True)
        spread = (values - mean).square().mean((2, 3), keepdim=True)
        return unit.after((values - mean) / (spread + 1e-3).sqrt(), mix)

    def reflected(values: torch.Tensor, by: int) -> torch.Tensor:
        return F.pad(values, (by,) * 4, mode="reflect")

    half = film(up1, F.conv2d(reflected(x, 1), up1.conv.weight))
    half = F.relu(head.grain(enlarged(half), (0, 0)))
    whole = F.relu(enlarged(film(up2, F.conv2d(reflected(half, 1), up2.conv.weight))))
    around = F.pad(whole, (2, 2, 2, 2), mode="replicate")
    wanted = torch.sigmoid(film(head.output, F.conv2d(around, head.output.conv.weight)))
    torch.testing.assert_close(head(x, mix), wanted)


@torch.no_grad()
@pytest.mark.parametrize("injection", MECHANISMS, ids=lambda i: i["name"])
def test_behind_the_last_pixels_the_output_is_that_of_reflection(injection):
    made = model(injection)
    x, mix = torch.randn(1, 12, 40, 50), StyleMix.single(made.prepare(picture(5, 40, 40)))
    output = made.generator.stages[-1].output
    found = made.generator.stages[-1](x, mix)
    assert output.pad == (2 if injection["name"] == "concat" else 0)
    output.pad = 2
    wanted = made.generator.stages[-1](x, mix)
    # The two last pixels have a part in the normalization of all.
    assert (found - wanted)[..., 2:-2, 2:-2].abs().mean() < 5e-3


def test_declared_halos_are_wide_enough_and_not_far_too_wide():
    check_halos(model(blocks=1))


def test_tiles_give_the_picture_of_one_pass():
    photograph = torch.rand(3, 150, 210)
    whole = model().stylize(photograph, picture(2)[0], tile=0)
    tiled = model().stylize(photograph, picture(2)[0], tile=64)
    assert np.abs(np.asarray(whole, float) - np.asarray(tiled, float)).max() <= 1


@pytest.mark.parametrize("injection", MECHANISMS, ids=lambda i: i["name"])
def test_every_mechanism_changes_the_picture_and_learns(injection):
    made = model(injection)
    x = picture(0, 64, 64)
    first, second = (
        made(x, StyleMix.single(made.prepare(picture(seed, 64, 64)))) for seed in (1, 2)
    )
    assert (first - second).abs().mean() > 1e-4
    first.mean().backward()
    inside = [p.grad for n, p in made.generator.named_parameters() if ".injections." in n]
    if injection["name"] != "concat":  # it has no weights of its own
        assert inside and all(g is not None and g.abs().max() > 0 for g in inside)


def test_output_is_a_picture_of_the_same_size():
    made = model()
    out = made(picture(0, 20, 28), StyleMix.single(made.prepare(picture(1))))
    assert out.shape == (1, 3, 20, 28)
    assert out.min() >= 0 and out.max() <= 1


@pytest.mark.parametrize(
    "options", [{"width": 0}, {"width": 50}, {"blocks": -1}, {"expansion": "two"}, {"expansion": 0}]
)
def test_bad_options(options):
    (name,) = options
    with pytest.raises(ConfigError, match=rf"^generator\.{name} must be a "):
        check_table(Lean, options, "generator")


def test_film_and_concat_in_one_block_are_refused():
    with pytest.raises(ConfigError, match="narrow their 'sites' down"):
        model({"name": "film"}, {"name": "concat", "sites": ["block1.1.conv"]})


def test_the_default_model_is_lean():
    assert stylemix.load("film").config["generator"] == {"name": "lean", "expansion": 1}
