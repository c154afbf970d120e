from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
from helpers import tiny_model
from runtime_models import CONTENT, lean_model, numbers, two_styles
from torch import nn

from stylemix.ops import ContentMoments
from stylemix.ops.defaults import building
from stylemix.runtime.compiling import compile_graph, convert
from stylemix.runtime.library import core, missing, settings
from stylemix.runtime.plan import Plan
from stylemix.runtime.rewriting import channels_last, fold_affine, widen_narrow

pytestmark = pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")

SIZES = ((16, 24), (28, 20))
BETWEEN = ("Eltwise", "Multiply", "Pad")
"""What OpenVINO calls the layers between two convolutions."""


class Modulated(nn.Module):
    """A convolution, a modulation of its features, a reflection and another convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, 16, 3)

    def forward(
        self, picture: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor
    ) -> torch.Tensor:
        x = self.first(picture) * gamma + beta
        return self.second(nn.functional.pad(x, (1, 1, 1, 1), mode="reflect"))


def converted(module: nn.Module, *more: torch.Tensor):
    """Convert a module that takes pictures of any size."""
    with building():
        examples = [torch.rand(1, 3, 16, 16), *more]
        shapes = [[1, 3, -1, -1], *(list(t.shape) for t in more)]
        return convert(module.eval(), examples, shapes)


def answers(model, *more: torch.Tensor) -> list[np.ndarray]:
    graph = core().compile_model(model, "CPU", settings())
    found = []
    for number, size in enumerate(SIZES):
        picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(number))
        found.append(np.array(graph([picture.numpy(), *(t.numpy() for t in more)])[0]))
    return found


def executed(graph) -> Counter[str]:
    """Count what OpenVINO does in a pass, by kind."""
    nodes = graph.get_runtime_model().get_ops()
    return Counter(node.get_rt_info()["layerType"].astype(str) for node in nodes)


def layouts(model, *kinds: str) -> set[str]:
    """Return in which order of axes layers of some kinds lay their features down."""
    graph = core().compile_model(model, "CPU", settings())
    about = [node.get_rt_info() for node in graph.get_runtime_model().get_ops()]
    return {a["outputLayouts"].astype(str) for a in about if a["layerType"].astype(str) in kinds}


@pytest.mark.parametrize("channels", [8, 24])
def test_features_stay_channels_last_and_keep_their_values(channels):
    torch.manual_seed(0)
    given = torch.randn(2, 1, channels, 1, 1).unbind()
    model = converted(Modulated(channels), *given)
    before = answers(model, *given)
    if "abcd" not in layouts(model, *BETWEEN):
        pytest.skip("OpenVINO lays features down otherwise on this CPU")
    channels_last(model)
    for old, new in zip(before, answers(model, *given), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-5)
    assert layouts(model, *BETWEEN) == {"acdb"}


def test_what_is_not_a_number_per_channel_is_left_alone():
    model = converted(Modulated(4), *torch.randn(2, 1, 4, 1, 1).unbind())
    before = len(model.get_ops())
    channels_last(model)  # few channels
    assert len(model.get_ops()) == before


class Chain(nn.Module):
    """A map [B, 3, H, W], normalised by given moments and modulated, then squared."""

    def forward(self, x, mean, std, gamma, beta):
        return (1 - (gamma * ((x - mean) / std) + beta)).square()


class Shared(nn.Module):
    """The same with what lies between given away."""

    def forward(self, x, mean, std, gamma, beta):
        normal = (x - mean) / std
        return normal * gamma + beta + normal.sin()


def vectors() -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return [torch.rand(1, 3, 1, 1, generator=random) + 0.5 for _ in range(4)]


def test_a_chain_of_numbers_per_channel_is_one_product_and_one_sum():
    model = converted(Chain(), *vectors())
    before = answers(model, *vectors())
    fold_affine(model)
    for old, new in zip(before, answers(model, *vectors()), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-4, atol=1e-5)
    whole = [
        node.get_type_name()
        for node in model.get_ordered_ops()
        if node.get_type_name() in ("Add", "Divide", "Multiply", "Subtract")
        and node.get_output_partial_shape(0)[2].is_dynamic
    ]
    assert whole == ["Multiply", "Add", "Subtract"]  # of one minus it, the map is what is taken off


def test_what_is_used_elsewhere_is_still_there():
    model = converted(Shared(), *vectors())
    before = answers(model, *vectors())
    fold_affine(model)
    for old, new in zip(before, answers(model, *vectors()), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-4, atol=1e-5)


@torch.inference_mode()
def test_a_small_pictures_normalization_is_left_to_openvinos_own():
    model = lean_model()
    mix = numbers(two_styles(model), 0.5, 0.5)
    plans = [Plan.of(model.generator, mix, large=large) for large in (False, True)]
    small, large = (executed(compile_graph(model.generator, p, mix)._compiled) for p in plans)
    count = sum(isinstance(m, ContentMoments) for m in model.generator.modules())
    assert small["MVN"] == count and not large["MVN"]


@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("channels", [1, 3, 7])
def test_a_narrow_convolution_is_the_same_at_four_places_at_once(kernel, channels):
    torch.manual_seed(0)
    layers = nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(3, channels, kernel))
    model = converted(layers)
    before = answers(model)
    widen_narrow(model, 4)
    kinds = Counter(node.get_type_name() for node in model.get_ops())
    assert kinds["DepthToSpace"] == kinds["Convolution"] == 1
    for old, new in zip(before, answers(model), strict=True):
        assert new.shape == old.shape
        np.testing.assert_allclose(new, old, atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 8, 3, padding=0),  # wide enough
        nn.Conv2d(3, 3, 4),  # odd sides
        nn.Conv2d(3, 3, 3, stride=2),
        nn.Conv2d(3, 3, 3, dilation=2),
        nn.Conv2d(3, 3, 3, padding=1),
    ],
    ids=["wide", "odd", "stride", "dilation", "padding"],
)
def test_other_convolutions_are_left_alone(layer):
    model = converted(layer)
    before = answers(model)
    widen_narrow(model, 4)
    assert not any(node.get_type_name() == "DepthToSpace" for node in model.get_ops())
    for old, new in zip(before, answers(model), strict=True):
        np.testing.assert_array_equal(new, old)


def test_an_odd_multiple_leaves_odd_pictures_whole():
    layers = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 3, 3))
    model = converted(layers)
    widen_narrow(model, 1)  # a picture of 17 x 19 may come
    assert not any(node.get_type_name() == "DepthToSpace" for node in model.get_ops())


@pytest.mark.parametrize("build", [lean_model, tiny_model], ids=["lean", "johnson"])
@torch.inference_mode()
def test_a_generators_output_is_computed_in_squares(build):
    model = build()
    mix = numbers(two_styles(model), 0.5, 0.5)
    graph = compile_graph(model.generator, Plan.of(model.generator, mix), mix)
    assert executed(graph._compiled)["DepthToSpace"] >= 1
    torch.testing.assert_close(graph(CONTENT, mix), model(CONTENT, mix), atol=1e-4, rtol=0)
