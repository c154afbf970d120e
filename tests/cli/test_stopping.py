from __future__ import annotations

import os
import signal
import threading

import pytest

from stylemix.cli.stopping import stopping

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def test_the_first_is_noted_and_the_second_interrupts():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stopping() as stop:
        assert not stop.asked
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_it_can_be_left_off():
    with pytest.raises(KeyboardInterrupt), stopping(False):
        signal.raise_signal(signal.SIGINT)


def test_in_another_thread_it_does_nothing():
    asked = []

    def work():
        with stopping() as stop:
            asked.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False]
