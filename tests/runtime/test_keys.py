from __future__ import annotations

import pytest
import torch
from runtime_models import lean_model, numbers, two_styles

from stylemix.runtime.keys import file_name, stamp, weights_key
from stylemix.runtime.library import missing
from stylemix.runtime.plan import Plan


def test_equal_models_have_one_key_and_others_another():
    one, same, other = lean_model(), lean_model(), lean_model(seed=1)
    assert weights_key(one.generator) == weights_key(same.generator)
    assert weights_key(one.generator) != weights_key(other.generator)


def test_a_changed_weight_and_a_changed_option_are_another_key():
    model = lean_model()
    key, before = weights_key(model.generator), stamp(model.generator)
    assert stamp(model.generator) == before
    with torch.no_grad():
        # Two that change places leave every sum as it was.
        weight = model.generator.stages[-1].output.conv.weight
        weight.copy_(weight.flip(0))
    assert stamp(model.generator) != before
    changed = weights_key(model.generator)
    assert changed != key
    model.generator.stages[-1].output.moments.eps = 0.5
    assert weights_key(model.generator) != changed


def test_training_and_evaluation_share_a_key():
    model = lean_model()
    assert weights_key(model.generator) == weights_key(model.train().generator)


def test_each_kind_of_graph_has_a_file_of_its_own():
    if missing():
        pytest.skip("OpenVINO is missing")
    model = lean_model()
    styles = two_styles(model)
    small = Plan.of(model.generator, numbers(styles, 0.5, 0.5))
    large = Plan.of(model.generator, numbers(styles, 0.5, 0.5), large=True)
    names = {file_name("w", small), file_name("w", large), file_name("v", small)}
    assert len(names) == 3
    assert file_name("w", small) in names
