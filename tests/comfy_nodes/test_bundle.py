"""Weights and masks of encoded paintings."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch

from stylemix import Style


@pytest.fixture
def bundle(pack: ModuleType) -> Any:
    return sys.modules[f"{pack.__name__}.bundle"]


def make(bundle: Any, count: int) -> Any:
    return bundle.StyleBundle.equal(None, [Style({}, str(i)) for i in range(count)])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_equal_weights_sum_to_one(bundle: Any, count: int) -> None:
    parts = make(bundle, count).parts
    assert sum(p.weight for p in parts) == pytest.approx(1)
    assert len({p.weight for p in parts}) == 1
    assert [p.style.fingerprint for p in parts] == [str(i) for i in range(count)]


def test_no_region_means_no_masks(bundle: Any) -> None:
    found = make(bundle, 2)
    assert found.masks(0, 4, 6) is None
    assert found.within(None) is found


def test_regions_multiply_and_invert(bundle: Any) -> None:
    first, second = torch.rand(1, 4, 6), torch.rand(1, 4, 6)
    found = make(bundle, 2).within(bundle.Region(first, False, "a"))
    found = found.within(bundle.Region(second, True, "b"))
    for mask in found.masks(0, 4, 6):
        assert torch.allclose(mask, first * (1 - second))


def test_each_frame_takes_its_own_mask_or_the_only_one(bundle: Any) -> None:
    many = torch.rand(3, 4, 6)
    found = make(bundle, 1).within(bundle.Region(many, False, "a"))
    one = make(bundle, 1).within(bundle.Region(many[:1], False, "a"))
    for frame in range(3):
        assert torch.equal(found.masks(frame, 4, 6)[0][0], many[frame])
        assert torch.equal(one.masks(frame, 4, 6)[0][0], many[0])


def test_masks_are_kept_and_not_copied(bundle: Any) -> None:
    many = torch.rand(3, 4, 6)
    found = make(bundle, 2).within(bundle.Region(many, True, "a"))
    assert all(p.regions[0].mask.data_ptr() == many.data_ptr() for p in found.parts)


def test_check_names_the_source(bundle: Any) -> None:
    found = make(bundle, 1).within(bundle.Region(torch.rand(3, 4, 6), False, "mask_a"))
    found.check(3, 40, 60)
    with pytest.raises(ValueError, match=r"^mask_a: 3 masks for 2 pictures"):
        found.check(2, 40, 60)
    with pytest.raises(ValueError, match=r"^mask_a: the mask is 6 x 4"):
        found.check(3, 40, 40)
