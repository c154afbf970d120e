from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.stylizers.mixing import weight_maps


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=4),
    st.floats(0, 3),
    st.booleans(),
    st.integers(0, 999),
)
def test_weights_sum_to_one_at_every_pixel(weights, strength, masked, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((6, 8), dtype=np.float32) for _ in weights] if masked else None
    styles, content = weight_maps(weights, masks, strength, 6, 8)
    total = torch.stack([p.expand(1, 1, 6, 8) for p in styles]).sum(0) + content
    torch.testing.assert_close(total, torch.ones(1, 1, 6, 8), atol=1e-4, rtol=0)
    assert all((p >= 0).all() for p in styles)


def test_only_ratios_of_weights_count():
    styles, content = weight_maps([1, 3], None, 1.0, 4, 4)
    assert [float(p) for p in styles] == [0.25, 0.75]
    assert float(content) == 0


def test_strength_above_one_extrapolates():
    styles, content = weight_maps([1], None, 1.5, 4, 4)
    assert float(styles[0]) == 1.5
    assert float(content) == -0.5


def test_the_content_gets_what_no_mask_covers():
    left = np.zeros((4, 4), np.float32)
    left[:, :2] = 1
    styles, content = weight_maps([1.0], [left], 1.0, 4, 4)
    assert (styles[0][..., :2] == 1).all() and (styles[0][..., 2:] == 0).all()
    assert (content[..., 2:] == 1).all()
