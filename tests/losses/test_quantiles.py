from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.losses.quantiles import projected_quantiles, unit_vectors


def test_directions_have_length_one_and_never_change():
    axes = unit_vectors(20, 7)
    torch.testing.assert_close(axes.norm(dim=1), torch.ones(20))
    assert torch.equal(axes, unit_vectors(20, 7))
    assert torch.linalg.matrix_rank(axes) == 7


@given(st.integers(1, 9), st.integers(1, 9), st.integers(2, 40))
def test_quantiles_are_numpys_hazen_quantiles(height, width, quantiles):
    random = torch.Generator().manual_seed(height * width)
    values = torch.randn(1, 3, height, width, generator=random)
    axes = unit_vectors(2, 3)
    levels = (np.arange(quantiles) + 0.5) / quantiles
    projected = axes.numpy() @ values[0].flatten(1).numpy()
    wanted = np.quantile(projected, levels, axis=1, method="hazen").T
    np.testing.assert_allclose(
        projected_quantiles(values, axes, quantiles)[0], wanted, rtol=1e-4, atol=1e-5
    )
