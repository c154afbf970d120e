from __future__ import annotations

import torch

from stylemix.runtime.leaves import flatten, rebuild


def test_nested_structures_come_apart_and_together_again():
    tensors = [torch.full((2,), float(n)) for n in range(5)]
    nested = {"b": (tensors[0], [tensors[1]]), "a": {"x": tensors[2]}, "c": (tensors[3],)}
    leaves = flatten(nested)
    assert [float(leaf[0]) for leaf in leaves] == [0, 1, 2, 3]
    again = rebuild(nested, [leaf + 1 for leaf in leaves])
    assert float(again["b"][1][0][0]) == 2 and float(again["c"][0][0]) == 4
    assert isinstance(again["b"], tuple) and isinstance(again["b"][1], list)
    assert flatten(tensors[4]) == [tensors[4]]
