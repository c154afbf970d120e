from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.ops import order_statistics, quantiles, sorted_projections, unit_vectors


def test_directions_have_length_one_and_never_change():
    axes = unit_vectors(20, 7)
    torch.testing.assert_close(axes.norm(dim=1), torch.ones(20))
    assert torch.equal(axes, unit_vectors(20, 7))
    assert torch.linalg.matrix_rank(axes) == 7
    assert not torch.equal(axes, unit_vectors(20, 7, seed=1))


@given(st.integers(1, 9), st.integers(1, 9), st.integers(2, 40))
def test_quantiles_are_numpys_hazen_quantiles(height, width, count):
    random = torch.Generator().manual_seed(height * width)
    values = torch.randn(1, 3, height, width, generator=random)
    axes = unit_vectors(2, 3)
    levels = (np.arange(count) + 0.5) / count
    projected = axes.numpy() @ values[0].flatten(1).numpy()
    wanted = np.quantile(projected, levels, axis=1, method="hazen").T
    np.testing.assert_allclose(
        quantiles(sorted_projections(values, axes), count)[0], wanted, rtol=1e-4, atol=1e-5
    )


@given(st.integers(1, 200), st.integers(0, 1000))
def test_order_statistics_are_values_of_the_sample(size, seed):
    values = torch.randn(2, size, generator=torch.Generator().manual_seed(seed)).sort(1).values
    found = order_statistics(values, (0.0, 0.25, 0.5, 1.0))
    at = [round(share * (size - 1)) for share in (0.0, 0.25, 0.5, 1.0)]
    assert torch.equal(found, values[:, at])


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::torch.jit.TracerWarning")
def test_a_traced_graph_takes_order_statistics_of_any_number_of_values():
    def pick(values: torch.Tensor) -> torch.Tensor:
        return order_statistics(values, (0.02, 0.5, 0.98))

    traced = torch.jit.trace(pick, torch.arange(50.0)[None])
    for size in (1, 7, 301):
        values = torch.arange(float(size))[None]
        assert torch.equal(traced(values), pick(values))


def test_projections_are_sorted_in_float32_under_autocast():
    values = torch.rand(1, 3, 5, 7)
    axes = unit_vectors(4, 3)
    with torch.autocast("cpu", torch.bfloat16):
        found = sorted_projections(values, axes)
    assert found.dtype == torch.float32
    wanted = np.sort(axes.double().numpy() @ values[0].flatten(1).double().numpy(), axis=1)
    np.testing.assert_allclose(found[0], wanted, rtol=1e-5, atol=1e-6)
