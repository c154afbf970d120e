"""Evaluation mode for models that several threads share."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest
from torch import nn

from stylemix.stylizers.evaluating import Evaluating, Lock


@pytest.fixture
def model():
    made = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(), nn.Linear(2, 2)))
    made[1][1].eval()  # frozen, as a feature network is
    return made


def modes(model):
    return [module.training for module in model.modules()]


def test_every_module_is_put_back_as_it_was(model):
    before = modes(model)
    assert True in before and False in before
    with Evaluating().of(model):
        assert not any(modes(model))
    assert modes(model) == before
    with pytest.raises(KeyError), Evaluating().of(model):
        raise KeyError
    assert modes(model) == before


def test_the_last_one_puts_it_back(model):
    evaluating = Evaluating()
    before = modes(model)
    first_in, second_out = threading.Event(), threading.Event()
    seen = []

    def first():
        with evaluating.of(model):
            first_in.set()
            second_out.wait(10)
            seen.append(any(modes(model)))

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(10)
    with evaluating.of(model):
        seen.append(any(modes(model)))
    # The first one still draws.
    seen.append(any(modes(model)))
    second_out.set()
    thread.join()
    assert seen == [False] * 3
    assert modes(model) == before


def test_a_held_lock_is_copied_free():
    lock = Lock()
    with lock, lock:
        for again in (copy.deepcopy(lock), pickle.loads(pickle.dumps(lock))):
            entered = threading.Thread(target=lambda again=again: again.__enter__())
            entered.start()
            entered.join(10)
            assert not entered.is_alive()


def test_a_copy_is_used_by_nobody(model):
    evaluating = Evaluating()
    with evaluating.of(model):
        again = copy.deepcopy(evaluating)
    before = modes(model)
    with again.of(model):
        pass
    assert modes(model) == before
