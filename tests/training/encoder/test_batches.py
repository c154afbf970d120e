from __future__ import annotations

from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.training.data import Crops
from stylemix.training.encoder.batches import BalancedBatches


def batches(counts, seed=0, without=()):
    labels = [s for s, count in enumerate(counts) for _ in range(count)]
    chosen = [i for i in range(len(labels)) if i not in without]
    grey = [torch.full((3, 20, 20), 5 * i, dtype=torch.uint8) for i in range(len(labels))]
    return BalancedBatches(Crops(grey, torch.device("cpu")), labels, chosen, seed), labels


@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=5),
    st.integers(0, 99),
    st.integers(1, 12),
    st.integers(1, 9),
)
def test_styles_come_equally_often_whatever_their_size(counts, seed, batch, steps):
    source, labels = batches(counts, seed)
    drawn = [pair for step in range(steps) for pair in source.paintings(step * batch, batch)]
    assert all(labels[number] == style for number, style in drawn)
    often = Counter(style for _, style in drawn)
    assert max(often.values()) - min(often.get(s, 0) for s in range(len(counts))) <= 1
    for style in range(len(counts)):  # and within a style its paintings do
        within = Counter(number for number, s in drawn if s == style)
        of = [within.get(i, 0) for i, label in enumerate(labels) if label == style]
        assert max(of) - min(of) <= 1


def test_only_chosen_paintings_are_drawn():
    source, _ = batches([4, 3], without=(0, 5))
    assert {number for number, _ in source.paintings(0, 70)} == {1, 2, 3, 4, 6}


def test_a_batch_holds_crops_of_one_painting_in_a_row():
    source, labels = batches([4, 3])
    images, numbers, styles = source.draw(3, 12, count=4, each=2, side=16, zoom=1.2)
    assert images.shape == (8, 3, 16, 16)
    assert (images.amax((1, 2, 3)) * 255 / 5).round().tolist() == numbers.tolist()
    assert torch.equal(numbers[::2], numbers[1::2])
    assert styles.tolist() == [labels[i] for i in numbers.tolist()]


def test_a_step_depends_on_its_number_and_the_seed_only():
    draws = [
        batches([4, 3], seed)[0].draw(step, 8 * step, 8, 2, 16, 1.2)
        for seed, step in ((0, 5), (0, 5), (1, 5), (0, 6))
    ]
    assert all(torch.equal(a, b) for a, b in zip(draws[0], draws[1], strict=True))
    assert not torch.equal(draws[0][1], draws[2][1])
    assert not torch.equal(draws[0][1], draws[3][1])
