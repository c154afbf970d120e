from __future__ import annotations

import os
import signal
import threading

import pytest

from stylemix.training.interrupt import interruptible


@pytest.fixture(autouse=True)
def _usual_handlers():
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def press(number=signal.SIGINT):
    os.kill(os.getpid(), number)


BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@BOTH
def test_waits_for_the_check(number):
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible() as check:
        check()
        press(number)
        done.append("the rest of the step")
        check()
        done.append("never")
    assert done == ["the rest of the step"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@BOTH
def test_second_press_is_not_held_back(number):
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible():
        press(number)
        done.append("first")
        press(number)
        done.append("never")
    assert done == ["first"]


def test_torchruns_sigterm_after_ctrl_c_is_held_back_too():
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible() as check:
        press(signal.SIGINT)
        press(signal.SIGTERM)
        done.append("the rest of the step")
        check()
    assert done == ["the rest of the step"]


def test_sigterm_is_held_back_where_ctrl_c_is_ignored():
    """A shell lets programs that it starts in the background ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible() as check:
        press(signal.SIGINT)
        check()
        press(signal.SIGTERM)
        done.append("the rest of the step")
        check()
    assert done == ["the rest of the step"]
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


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
