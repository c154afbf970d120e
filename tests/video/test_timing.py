from __future__ import annotations

from fractions import Fraction

import numpy as np

from stylemix.video.frame import Frame
from stylemix.video.timing import at_rate, count_at, ticks, window, with_durations

F = Fraction


def frames(*times: float) -> list[Frame]:
    return [
        Frame(np.full((1, 1, 3), n, np.uint8), F(str(t)), F(1, 10)) for n, t in enumerate(times)
    ]


def told(found) -> list[tuple[int, Fraction, Fraction]]:
    return [(int(f.rgb[0, 0, 0]), f.time, f.duration) for f in found]


def test_a_frame_stays_until_the_next_and_the_last_as_long_as_it_says():
    assert told(with_durations(frames(0, 0.04, 0.2))) == [
        (0, F(0), F(1, 25)),
        (1, F(1, 25), F(4, 25)),
        (2, F(1, 5), F(1, 10)),
    ]


def test_frames_that_do_not_come_later_are_left_out():
    assert [n for n, _, _ in told(with_durations(frames(0, 0.1, 0.1, 0.05, 0.2)))] == [0, 1, 4]


def test_a_window_begins_with_the_frame_on_the_screen_and_at_time_0():
    found = told(window(with_durations(frames(0, 0.1, 0.2, 0.3)), F("0.15"), F("0.25")))
    assert found == [(1, F(0), F("0.05")), (2, F("0.05"), F("0.05"))]


def test_a_window_without_end_goes_to_the_last_frame_s_end():
    found = told(window(with_durations(frames(0, 0.1, 0.2)), F("0.1"), None))
    assert found == [(1, F(0), F("0.1")), (2, F("0.1"), F("0.1"))]


def test_another_rate_shows_what_is_on_the_screen_at_each_moment():
    varying = list(with_durations(frames(0, 0.1, 0.15, 0.5)))
    assert [n for n, _, _ in told(at_rate(varying, F(10)))] == [0, 1, 2, 2, 2, 3]
    found = told(at_rate(varying, F(5)))
    assert found == [(0, F(0), F(1, 5)), (2, F(1, 5), F(1, 5)), (2, F(2, 5), F(1, 5))]
    assert len(found) == count_at(F("0.6"), F(5))


def test_ticks_round_to_the_nearest():
    assert ticks(F(1, 30), F(1, 90000)) == 3000
    assert ticks(F(1, 3), F(1, 1000)) == 333
