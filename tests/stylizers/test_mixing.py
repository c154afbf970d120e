from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.stylizers.mixing import check_strength, check_weights, style_weights


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=4),
    st.floats(0, 3),
    st.booleans(),
    st.integers(0, 999),
)
def test_weights_sum_to_one_at_every_pixel(weights, strength, masked, seed):
    rng = np.random.default_rng(seed)
    masks = [rng.random((6, 8), dtype=np.float32) for _ in weights] if masked else None
    parts, rest = style_weights(weights, masks, strength, 6, 8)
    total = torch.stack([p.expand(1, 1, 6, 8) for p in parts]).sum(0) + rest
    torch.testing.assert_close(total, torch.ones(1, 1, 6, 8), atol=1e-4, rtol=0)
    assert all((p >= 0).all() for p in parts)


def test_only_ratios_of_weights_count():
    parts, rest = style_weights([1, 3], None, 1.0, 4, 4)
    assert [float(p) for p in parts] == [0.25, 0.75]
    assert float(rest) == 0


def test_strength_above_one_extrapolates():
    parts, rest = style_weights([1], None, 1.5, 4, 4)
    assert float(parts[0]) == 1.5
    assert float(rest) == -0.5


def test_the_content_gets_what_no_mask_covers():
    left = np.zeros((4, 4), np.float32)
    left[:, :2] = 1
    parts, rest = style_weights([1.0], [left], 1.0, 4, 4)
    assert (parts[0][..., :2] == 1).all() and (parts[0][..., 2:] == 0).all()
    assert (rest[..., 2:] == 1).all()


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "1", None, True])
def test_bad_strength(bad):
    with pytest.raises(ConfigError, match="strength"):
        check_strength(bad)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1], "2 weight"), ([1, -1], ">= 0"), ([0, 0], "all weights"), ([1, math.nan], ">= 0")],
)
def test_bad_weights(weights, message):
    with pytest.raises(ConfigError, match=message):
        check_weights(weights, 2)


def test_wrong_number_of_masks():
    with pytest.raises(ConfigError, match="2 mask"):
        style_weights([1, 1], [np.ones((4, 4), np.float32)], 1.0, 4, 4)
    with pytest.raises(ConfigError, match="one path"):
        style_weights([1, 1], "ab", 1.0, 4, 4)
