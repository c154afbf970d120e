from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.encoder.contrast import supervised_info_nce


def by_loops(embedding, group, temperature):
    """Khosla et al. (2020), equation 2, as it stands there, but the mean over anchors."""
    z = [(row / math.sqrt(sum(v * v for v in row.tolist()))).tolist() for row in embedding.double()]

    def dot(i, j):
        return sum(a * b for a, b in zip(z[i], z[j], strict=True)) / temperature

    total, anchors = 0.0, 0
    for i in range(len(z)):
        others = [a for a in range(len(z)) if a != i]
        partners = [p for p in others if group[p] == group[i]]
        if not partners:
            continue
        bottom = sum(math.exp(dot(i, a)) for a in others)
        total += -sum(math.log(math.exp(dot(i, p)) / bottom) for p in partners) / len(partners)
        anchors += 1
    return total / anchors if anchors else 0.0


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.integers(0, 999),
    st.floats(0.05, 2),
    st.integers(2, 5),
)
def test_equals_the_equation_in_loops(group, seed, temperature, size):
    embedding = torch.randn(len(group), size, generator=torch.Generator().manual_seed(seed)) * 3
    found = supervised_info_nce(embedding, torch.tensor(group), temperature)
    assert float(found) == pytest.approx(
        by_loops(embedding, group, temperature), rel=2e-4, abs=2e-4
    )


def test_length_does_not_count_and_order_does_not():
    embedding, group = torch.randn(6, 4), torch.tensor([0, 0, 1, 1, 1, 2])
    value = supervised_info_nce(embedding, group, 0.2)
    scaled = embedding * torch.rand(6, 1).add(0.5)
    torch.testing.assert_close(supervised_info_nce(scaled, group, 0.2), value)
    order = torch.randperm(6)
    torch.testing.assert_close(supervised_info_nce(embedding[order], group[order], 0.2), value)


def test_known_values():
    # Four equal vectors in pairs: each share is 1/3.
    value = supervised_info_nce(torch.ones(4, 3), torch.tensor([0, 0, 1, 1]), 0.1)
    assert float(value) == pytest.approx(math.log(3), rel=1e-5)
    # Pairs at right angles, and a low temperature: nothing is left to gain.
    apart = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    assert float(supervised_info_nce(apart, torch.tensor([0, 0, 1, 1]), 0.05)) < 1e-6


def test_without_partners_there_is_nothing_to_learn():
    embedding = torch.randn(3, 4, requires_grad=True)
    value = supervised_info_nce(embedding, torch.arange(3), 0.1)
    value.backward()
    assert float(value.detach()) == 0
    assert embedding.grad.abs().max() == 0


def test_gradient_is_that_of_the_definition():
    embedding = torch.randn(5, 3, dtype=torch.float32, requires_grad=True)
    group = torch.tensor([0, 1, 0, 1, 1])
    supervised_info_nce(embedding, group, 0.5).backward()
    for i, j in ((0, 0), (3, 2)):
        up, down = embedding.detach().clone(), embedding.detach().clone()
        up[i, j] += 1e-3
        down[i, j] -= 1e-3
        slope = (by_loops(up, group.tolist(), 0.5) - by_loops(down, group.tolist(), 0.5)) / 2e-3
        assert float(embedding.grad[i, j]) == pytest.approx(slope, abs=2e-3)
