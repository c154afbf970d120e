from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from stylemix.video.pipeline import ahead


def test_items_come_in_their_order_from_another_thread():
    threads = []

    def numbers() -> Iterator[int]:
        for number in range(20):
            threads.append(threading.get_ident())
            yield number

    assert list(ahead(numbers())) == list(range(20))
    assert threading.get_ident() not in threads


def test_no_more_than_depth_is_made_ahead():
    made = []
    asked = threading.Event()

    def numbers() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 3:
                asked.set()
            yield number

    found = ahead(numbers(), depth=2)
    assert next(found) == 0
    assert asked.wait(60)  # two in the queue, and the next one made, waiting
    assert not threading.Event().wait(0.2)
    assert made == [0, 1, 2, 3]
    found.close()


def test_a_problem_is_raised_where_its_item_would_stand():
    def numbers() -> Iterator[int]:
        yield 1
        raise KeyError("broken")

    found = ahead(numbers())
    assert next(found) == 1
    with pytest.raises(KeyError, match="broken"):
        next(found)


def test_closing_early_ends_the_thread_and_closes_the_source():
    closed = threading.Event()

    def numbers() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    before = set(threading.enumerate())
    found = ahead(ahead(numbers()))
    next(found)
    found.close()
    assert closed.wait(60)
    assert set(threading.enumerate()) <= before
