from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.generators import mirror, pad_to_multiple


@given(height=st.integers(1, 12), width=st.integers(1, 12), margin=st.integers(0, 30))
def test_mirror_is_numpy_s_reflection_at_any_size(height, width, margin):
    x = torch.randint(0, 256, (2, height, width), dtype=torch.uint8)
    want = np.pad(x.numpy(), ((0, 0), (margin, margin), (margin, margin)), mode="reflect")
    np.testing.assert_array_equal(mirror(x, margin).numpy(), want)


@pytest.mark.parametrize(
    "multiple, minimum, size", [(4, 1, (8, 12)), (4, 16, (16, 16)), (1, 1, (7, 11))]
)
def test_padding_repeats_the_last_row_and_column(multiple, minimum, size):
    x = torch.rand(1, 1, 7, 11)
    y = pad_to_multiple(x, multiple, minimum)
    assert y.shape[-2:] == size
    assert torch.equal(y[..., :7, :11], x)
    assert torch.equal(y[..., 7:, :11], x[..., 6:, :].expand(-1, -1, size[0] - 7, -1))
    assert torch.equal(y[..., 11:], y[..., 10:11].expand(-1, -1, -1, size[1] - 11))
