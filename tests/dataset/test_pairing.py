from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylemix.dataset.options import DatasetOptions
from stylemix.dataset.pairing import pair

names = st.text(min_size=1, max_size=20)


@given(st.integers(0, 2**40), names, st.integers(0, 9), st.integers(1, 5), st.integers(0, 20))
def test_a_pairing_is_a_function_of_its_arguments(seed, name, copy, count, more):
    options = DatasetOptions(seed=seed, paintings_per_image=count, strength=(0.25, 0.75))
    found = pair(options, count + more, name, copy)
    pair(options, count + more, name + "x", copy + 1)  # whatever is drawn in between
    assert pair(options, count + more, name, copy) == found
    assert len(set(found.paintings)) == count
    assert all(0 <= p < count + more for p in found.paintings)
    assert 0.25 <= found.strength <= 0.75


@given(st.integers(0, 1000), names)
def test_strengths_and_originals_leave_the_paintings_alone(seed, name):
    options = DatasetOptions(seed=seed, paintings_per_image=2)
    found = pair(options, 50, name, 0)
    assert found.strength == 1
    weaker = pair(replace(options, strength=(0.1, 0.2)), 50, name, 0)
    assert weaker.paintings == found.paintings
    kept = pair(replace(options, keep_original=0.5), 50, name, 0)
    assert kept.paintings in ((), found.paintings)
    assert pair(replace(options, keep_original=1), 50, name, 0).paintings == ()


def test_all_paintings_are_drawn_equally_often():
    options = DatasetOptions(paintings_per_image=3, strength=(0, 1), keep_original=0.25)
    found = [pair(options, 10, f"n/{i}", c) for i in range(2000) for c in range(2)]
    stylised = [f for f in found if f.paintings]
    assert 0.22 < 1 - len(stylised) / len(found) < 0.28
    for place in range(3):
        counts = Counter(f.paintings[place] for f in stylised)
        # Expected 300 each, with a standard deviation of 16.
        assert all(230 < counts[p] < 370 for p in range(10))
    assert abs(sum(f.strength for f in stylised) / len(stylised) - 0.5) < 0.03


@pytest.mark.parametrize("other", [{"seed": 1}, {"name": "b"}, {"copy": 1}])
def test_seed_name_and_copy_all_count(other):
    given_ = {"seed": 0, "name": "a", "copy": 0}
    one, two = (
        pair(DatasetOptions(seed=g["seed"]), 10**6, g["name"], g["copy"])
        for g in (given_, {**given_, **other})
    )
    assert one != two
