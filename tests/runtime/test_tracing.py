from __future__ import annotations

import pytest
import torch
from helpers import tiny_model
from runtime_models import CONTENT, lean_model, numbers, two_styles

from stylemix.runtime.plan import Plan
from stylemix.runtime.tracing import DrawingStep

MODELS = {
    "lean film": lean_model,
    "film": tiny_model,
    "concat": lambda: tiny_model({"name": "concat"}),
    "inject": lambda: tiny_model({"name": "inject"}),
}


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_the_step_is_the_generators_pass(name):
    model = MODELS[name]()
    styles = two_styles(model)
    mix = numbers(styles, 0.7, 0.3)
    plan = Plan.of(model.generator, mix)
    zero = torch.tensor(0)
    found = DrawingStep(model.generator, plan)(CONTENT, zero, zero, *plan.inputs(mix))
    assert torch.allclose(found, model(CONTENT, mix), atol=2e-5)
    assert not torch.allclose(found, model(CONTENT, numbers(styles[:1], 1.0)), atol=1e-4)
