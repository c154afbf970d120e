from __future__ import annotations

import os
import signal
import threading

import pytest

from stylemix.training.interrupt import interruptible


@pytest.fixture(autouse=True)
def _usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press():
    os.kill(os.getpid(), signal.SIGINT)


def test_waits_for_the_check():
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible() as check:
        check()
        press()
        done.append("the rest of the step")
        check()
        done.append("never")
    assert done == ["the rest of the step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_press_is_not_held_back():
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible():
        press()
        done.append("first")
        press()
        done.append("never")
    assert done == ["first"]


def test_other_handlers_are_left_alone():
    pressed = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    with interruptible() as check:
        press()
        check()
    assert pressed == [1]


def test_other_threads_change_nothing():
    found = []

    def work():
        with interruptible() as check:
            check()
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
