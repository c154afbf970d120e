from __future__ import annotations

import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from optimization_nets import tiny_net

from stylemix.backbones import BLOCK_ENDS
from stylemix.training.features.measure import measure, spearman

PHOTOGRAPHS = [picture(s, 40, 48) for s in range(3)]
PAINTINGS = [picture(10 + s, 36, 40) for s in range(4)]


def ranks(values):
    """Give average ranks by counting."""
    return [sum(o < v for o in values) + (sum(o == v for o in values) + 1) / 2 for v in values]


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=12))
def test_spearman_is_pearson_of_average_ranks(pairs):
    a, b = zip(*pairs, strict=True)
    if len(set(a)) == 1 or len(set(b)) == 1:
        return
    want = torch.corrcoef(torch.tensor([ranks(a), ranks(b)], dtype=torch.float64))[0, 1]
    assert spearman(torch.tensor(a), torch.tensor(b)) == pytest.approx(float(want), abs=1e-9)


def test_a_network_is_its_own_best_student():
    net = tiny_net()
    found = measure(net, net, PHOTOGRAPHS, PAINTINGS)
    for layer in BLOCK_ENDS:
        assert found[f"feature_{layer}"] == 0
        assert found[f"gram_{layer}"] < 2e-4
        assert found[f"rank_{layer}"] == pytest.approx(1)
    assert found["feature"] == 0
    assert found["rank"] == pytest.approx(1)


def test_figures_of_another_network_by_hand():
    own, other = tiny_net(seed=1), tiny_net(seed=2)
    found = measure(own, other, PHOTOGRAPHS, PAINTINGS)
    layer = "relu2_2"
    pictures = [*PHOTOGRAPHS, *PAINTINGS]
    f, t = ([net(x)[layer] for x in pictures] for net in (own, other))
    off = sum((a - b).square().sum() for a, b in zip(f, t, strict=True))
    assert found[f"feature_{layer}"] == pytest.approx(
        float(off / sum(b.square().sum() for b in t)), rel=1e-4
    )

    def gram(x):
        return x[0].flatten(1) @ x[0].flatten(1).T / x[0, 0].numel()

    tables = [
        [float((gram(a) - gram(b)).norm() / gram(b).norm()) for a in maps[:3] for b in maps[3:]]
        for maps in (f, t)
    ]
    assert found[f"rank_{layer}"] == pytest.approx(spearman(*map(torch.tensor, tables)), abs=1e-6)
    want = [float((gram(a) - gram(b)).norm() / gram(b).norm()) for a, b in zip(f, t, strict=True)]
    assert found[f"gram_{layer}"] == pytest.approx(sum(want) / len(want), rel=1e-3)
