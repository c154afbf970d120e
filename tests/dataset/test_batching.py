from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.dataset.batching import Batcher, Waiting
from stylemix.dataset.sample import Output, Sample


def waiting(position: int, height: int, strength: float = 1.0) -> Waiting:
    output = Output(Sample(str(position), None), 0, b"", ".jpg", {"strength": strength})
    return Waiting(position, output, torch.zeros(3, height, 4, dtype=torch.uint8), None, [])


def batches(batcher: Batcher, items: list[Waiting]) -> list[list[int]]:
    found = [batch for item in items for batch in batcher.add(item)] + list(batcher.rest())
    return [[item.position for item in batch] for batch in found]


@given(st.lists(st.integers(1, 4), max_size=40), st.integers(1, 5), st.integers(4, 64))
def test_every_picture_is_in_one_batch_of_its_size(heights, size, most):
    items = [waiting(i, h) for i, h in enumerate(heights)]
    found = batches(Batcher(size, most), items)
    assert sorted(i for batch in found for i in batch) == list(range(len(heights)))
    for batch in found:
        assert 1 <= len(batch) <= size
        assert len({heights[i] for i in batch}) == 1
        assert batch == sorted(batch)
    assert found == batches(Batcher(size, most), items)


def test_batches_are_full_where_they_can_be():
    items = [waiting(i, 1 + i % 2) for i in range(10)]
    assert batches(Batcher(2), items) == [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]


def test_one_pass_does_not_wait_for_two():
    items = [waiting(0, 1), waiting(1, 1, 0.5), waiting(2, 1), waiting(3, 1, 0.7)]
    assert batches(Batcher(2), items) == [[0, 2], [1, 3]]


def test_what_waits_is_bounded():
    batcher = Batcher(8, most=40)
    drawn = [
        [i.position for i in batch] for n in range(1, 7) for batch in batcher.add(waiting(n, n))
    ]
    # 4 pixels a row: 4 + 8 + 12 + 16 = 40 may wait, the fifth is too much.
    assert drawn[:2] == [[1], [2]]
