from __future__ import annotations

import pytest
import torch

from stylemix.ops import stream


def numbers(*what):
    return torch.rand(4, generator=stream(*what))


def test_the_same_draw_is_the_same_whatever_was_drawn_before():
    first = numbers(3, "crops", 7)
    numbers(3, "crops", 6), torch.rand(5), numbers(3, "styles", 7)
    assert torch.equal(numbers(3, "crops", 7), first)


def test_seeds_names_and_indices_are_streams_of_their_own():
    drawn = [
        tuple(numbers(seed, name, index).tolist())
        for seed in (0, 1, 2**32 - 1)
        for name in ("crops", "crop", "")
        for index in (0, 1, 10)
    ]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("pair", [((1, "1", 0), (11, "", 0)), ((0, "a", 12), (0, "a1", 2))])
def test_parts_do_not_run_into_each_other(pair):
    assert not torch.equal(numbers(*pair[0]), numbers(*pair[1]))


def test_streams_of_neighbors_are_not_correlated():
    first, second = (torch.rand(20_000, generator=stream(0, "x", i)) for i in (0, 1))
    assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.03
    many = torch.stack([torch.rand((), generator=stream(0, "y", i)) for i in range(2000)])
    assert abs(float(many.mean()) - 0.5) < 0.03
