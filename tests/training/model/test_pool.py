from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.data import Crops
from stylemix.training.model.pool import Pool, cut

CPU = torch.device("cpu")
SIZES = st.tuples(st.integers(9, 40), st.integers(9, 40)).filter(lambda s: max(s) <= 2 * min(s))


def pictures(sizes):
    generator = torch.Generator().manual_seed(len(sizes))
    return [
        torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8) for size in sizes
    ]


@given(
    st.lists(SIZES, min_size=1, max_size=4),
    st.integers(4, 48),
    st.floats(1, 3),
    st.integers(0, 2**31),
)
def test_crops_are_those_that_are_cut_one_by_one(sizes, side, zoom, seed):
    given = pictures(sizes)
    generator = torch.Generator().manual_seed(seed)
    indices = torch.randint(len(sizes), (5,), generator=generator)
    chance = torch.rand(5, 4, generator=generator)
    found = Pool(given, CPU).cut(indices, side, chance, zoom)
    wanted = Crops(given, CPU).cut(indices.tolist(), side, chance, zoom)
    assert found.shape == wanted.shape == (5, 3, side, side)
    torch.testing.assert_close(found, wanted, rtol=0, atol=2e-5)


def test_either_kind_is_cut_by_numbers_on_the_device():
    given = pictures([(12, 16), (16, 12)])
    indices, chance = torch.tensor([1, 0, 1]), torch.rand(3, 4)
    found = [cut(kind(given, CPU), indices, 8, chance, 1.5) for kind in (Pool, Crops)]
    torch.testing.assert_close(*found, rtol=0, atol=2e-5)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_panorama_is_cut_to_its_middle_and_takes_no_more_room(axis):
    long = torch.zeros(3, 8, 8, dtype=torch.uint8).repeat_interleave(10, dim=axis)
    long.select(axis, 40).fill_(200)
    pool = Pool([long, *pictures([(8, 8)])], CPU)
    shape = [2, 3, 8, 8]
    shape[1 + axis] = 16
    assert list(pool.pixels.shape) == shape
    assert bool((pool.pixels[0].select(axis, 8) == 200).all())
    assert pool.sizes.tolist() == [[float(s) for s in shape[2:]], [8.0, 8.0]]
    assert len(pool) == 2
