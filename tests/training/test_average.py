from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.average import Average, update_average


@given(decay=st.floats(0, 0.999), steps=st.integers(1, 40), seed=st.integers(0, 99))
def test_equals_the_weighted_sum_of_all_it_saw(decay, steps, seed):
    """Unrolled: each value counts with (1 - d_t) times the decays of all later steps."""
    values = np.random.default_rng(seed).normal(size=(steps + 1, 3))
    decays = [min(decay, (1 + t) / (10 + t)) for t in range(steps)]
    wanted = values[0] * np.prod(decays)
    for t in range(steps):
        wanted = wanted + values[t + 1] * (1 - decays[t]) * np.prod(decays[t + 1 :])
    average = {"w": torch.tensor(values[0])}
    for t in range(steps):
        update_average(average, {"w": torch.tensor(values[t + 1])}, decay, t)
    np.testing.assert_allclose(average["w"].numpy(), wanted, rtol=1e-9, atol=1e-12)


def test_without_decay_it_is_a_copy_and_whole_numbers_always_are():
    now = {"w": torch.tensor([0.1, -3.7]), "n": torch.tensor(41)}
    average = {"w": torch.tensor([9.0, 9.0]), "n": torch.tensor(3)}
    update_average(average, now, 0.0, 5)
    assert torch.equal(average["w"], now["w"])
    update_average(average, {"w": now["w"] + 1, "n": torch.tensor(44)}, 0.5, 1000)
    assert int(average["n"]) == 44
    torch.testing.assert_close(average["w"], now["w"] + 0.5)


def test_parameters_move_in_place_without_a_graph():
    layer, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    before = other.weight.detach().clone()
    update_average(other.state_dict(), layer.state_dict(), 0.0, 0)
    assert torch.equal(other.weight, layer.weight)
    assert not torch.equal(other.weight, before)
    assert other.weight.is_leaf


def test_an_average_of_its_own_is_saved_and_restored_like_a_module():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    kept = Average(net)
    assert kept.state_dict().keys() == net.state_dict().keys()
    first = {k: v.clone() for k, v in kept.state_dict().items()}
    with torch.no_grad():
        net[0].weight.add_(1)
    assert torch.equal(kept.state_dict()["0.weight"], first["0.weight"])  # copies
    holder = kept.state_dict()["0.weight"]
    kept.load_state_dict(net.state_dict())
    assert torch.equal(holder, net[0].weight)
    with pytest.raises(KeyError, match=r"0\.weight"):
        kept.load_state_dict({})
    with pytest.raises(RuntimeError):
        kept.load_state_dict({**net.state_dict(), "0.weight": torch.zeros(5, 7)})
