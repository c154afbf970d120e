from __future__ import annotations

import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from optimization_nets import tiny_extractor

from stylemix.losses.style import GRAM_LAYERS
from stylemix.ops import gram
from stylemix.optimization.targets import mixed, regions, style_grams


def constant(value):
    return torch.full((1, 1, 1, 1), value)


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=4))
def test_constant_maps_make_one_region(weights):
    total = sum(weights)
    (region,) = regions([constant(w / total) for w in weights])
    assert region.weight is None
    assert region.share == pytest.approx(1, abs=1e-6)
    assert region.styles == pytest.approx([w / total for w in weights], abs=1e-6)


def test_disjoint_masks_keep_their_styles():
    left = torch.zeros(1, 1, 4, 8)
    left[..., :2] = 1
    right = torch.zeros(1, 1, 4, 8)
    right[..., 6:] = 1
    one, two = regions([left, right])
    assert one.styles == (1, 0)
    assert two.styles == (0, 1)
    assert one.share == two.share == 0.25
    assert torch.equal(one.weight, left)


def test_overlapping_masks_mix_where_they_overlap():
    everywhere, left = torch.full((1, 1, 4, 8), 0.5), torch.full((1, 1, 4, 8), 0.0)
    left[..., :4] = 0.5
    one, two = regions([everywhere, left])
    # Half of the first region is shared in equal parts, the other half is its own.
    assert one.styles == pytest.approx((0.75, 0.25))
    assert two.styles == pytest.approx((0.5, 0.5))


def test_an_empty_mask_makes_no_region():
    assert len(regions([torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)])) == 1


def test_grams_and_their_mixture():
    extractor, net, _ = tiny_extractor(mapped=False)
    a, b = picture(1, 30, 40), picture(2, 24, 24)
    one, two = style_grams(extractor, a), style_grams(extractor, b)
    half = mixed([one, two], [0.25, 0.75])
    for layer in GRAM_LAYERS:
        x = net(a, (layer,))[layer]
        torch.testing.assert_close(one[layer], gram(x)[0] * x.shape[1])
        torch.testing.assert_close(half[layer], 0.25 * one[layer] + 0.75 * two[layer])
