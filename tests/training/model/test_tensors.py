from __future__ import annotations

import torch

from stylemix.training.model.tensors import map_tensors


def test_every_tensor_is_changed_and_the_structure_stays():
    given = {"a": torch.ones(2), "b": (torch.ones(1), [torch.zeros(3)])}
    found = map_tensors(lambda t: t + 1, given)
    assert torch.equal(found["a"], torch.full((2,), 2.0))
    assert isinstance(found["b"], tuple)
    assert isinstance(found["b"][1], list)
    assert torch.equal(found["b"][1][0], torch.ones(3))


def test_structures_of_one_shape_are_taken_together():
    one, two = ({"a": torch.tensor([v]), "b": (torch.tensor([2 * v]),)} for v in (1.0, 5.0))
    found = map_tensors(lambda a, b: torch.cat([a, b]), one, two)
    assert found["a"].tolist() == [1, 5]
    assert found["b"][0].tolist() == [2, 10]
