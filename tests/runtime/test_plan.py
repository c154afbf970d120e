from __future__ import annotations

import pytest
import torch
from helpers import tiny_model
from runtime_models import CONTENT, NOTHING, Bare, across, lean_model, numbers, two_styles

from stylemix.runtime.plan import Plan, Unsupported


@pytest.fixture(scope="module")
def model():
    return lean_model()


def test_numbers_are_mixed_before_the_graph(model):
    one, two = styles = two_styles(model)
    mix = numbers(styles, 1.5, -0.5)
    plan = Plan.of(model.generator, mix)
    inputs = plan.inputs(mix)
    assert [list(t.shape) for t in inputs] == plan.shapes()
    key = "block1.1.norm/film"
    gamma = 1.5 * one.prepared[key][0] - 0.5 * two.prepared[key][0]
    assert any(torch.allclose(gamma, t) for t in inputs)


def test_one_style_comes_as_it_is(model):
    one, _ = two_styles(model)
    mix = numbers((one,), 1.0)
    inputs = Plan.of(model.generator, mix).inputs(mix)
    assert inputs[0] is next(iter(one.prepared.values()))[0]


def test_a_mixture_that_varies_is_left_to_pytorch(model):
    with pytest.raises(Unsupported, match="vary from place to place"):
        Plan.of(model.generator, across(two_styles(model), CONTENT))


def test_large_pictures_have_a_graph_of_their_own_where_they_are_measured_otherwise(model):
    mix = numbers(two_styles(model), 0.5, 0.5)
    small, large = (Plan.of(model.generator, mix, large=large) for large in (False, True))
    assert (small.name, large.name) == ("small", "large")
    assert not Plan.of(Bare(), NOTHING, large=True).large


def test_an_injection_that_is_not_affine_is_left_to_pytorch():
    patch = tiny_model({"name": "film"}, {"name": "patch", "feature": "relu3_3"})
    with pytest.raises(Unsupported, match=r"Patch at .* isn't declared affine"):
        Plan.of(patch.generator, numbers(two_styles(patch), 0.5, 0.5))
