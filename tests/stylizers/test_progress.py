from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from stylemix.stylizers.progress import before_steps, part_of
from stylemix.types import ProgressEvent


@given(st.integers(1, 4), st.integers(1, 9))
def test_equal_parts_are_one_rising_count(count, steps):
    seen = []
    for number in range(count):
        part = part_of(seen.append, number, count)
        for done in range(1, steps + 1):
            part(ProgressEvent(done, steps))
    assert [e.done for e in seen] == list(range(1, count * steps + 1))
    assert {e.total for e in seen} == {count * steps}


def test_work_before_the_steps_is_none_of_them():
    seen = []
    for done in range(4):
        before_steps(seen.append, 7)(ProgressEvent(done, 3))
    assert [(e.done, e.total) for e in seen] == [(0, 7)] * 4


def test_pictures_are_handed_on_and_made_when_asked_for():
    made = itertools.count()
    seen = []
    for progress in (part_of(seen.append, 1, 2), before_steps(seen.append, 5)):
        progress(ProgressEvent(1, 2, lambda: next(made)))
    assert next(made) == 0
    assert [event.picture() for event in seen] == [1, 2]


def test_nobody_listens():
    assert part_of(None, 0, 2) is None
    assert before_steps(None, 3) is None
