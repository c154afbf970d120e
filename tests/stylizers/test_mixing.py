from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

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


@pytest.mark.parametrize(
    ("mask", "name", "values"),
    [
        (np.eye(4, dtype=np.uint8), "in memory", "from 0 to 1 of 255"),
        (np.zeros((4, 4), np.uint8), "in memory", "from 0 to 0 of 255"),
        (np.full((4, 4, 4), [0, 0, 0, 200], np.uint8), "in memory", "from 0 to 0 of 255"),
        ("labels.png", "labels.png", "from 0 to 3 of 255"),
    ],
)
def test_masks_that_change_nothing_are_warned_of(mask, name, values, tmp_path):
    if isinstance(mask, str):
        path = tmp_path / mask
        Image.fromarray(np.arange(4, dtype=np.uint8)[None].repeat(4, 0)).save(path)
        mask = path
    with pytest.warns(UserWarning, match="the result is the photograph") as caught:
        weight_maps([1.0], [mask], 1.0, 4, 4)
    (warning,) = caught
    assert f"mask 1 ({name}) holds values {values}" in str(warning.message)
    assert "multiply a 0/1 label picture by 255" in str(warning.message)


def test_of_several_masks_faint_ones_are_warned_of_and_black_ones_are_not(recwarn):
    white, black = np.full((4, 4), 255, np.uint8), np.zeros((4, 4), np.uint8)
    weight_maps([1.0, 1.0], [white, black], 1.0, 4, 4)  # a style that isn't used here
    weight_maps([1.0], [white // 4], 1.0, 4, 4)
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r"mask 2 \(in memory\).* so its style shows nowhere: draw"
    ):
        weight_maps([1.0, 1.0], [white, black + 1], 1.0, 4, 4)
