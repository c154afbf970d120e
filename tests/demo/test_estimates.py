from __future__ import annotations

import pytest

from stylemix.demo.estimates import STEP, Estimates, in_words, work_of


def test_nothing_is_known_before_the_first_picture():
    assert Estimates().seconds(work_of("film", 1_000_000, 1, 0, "thin")) is None


def test_seconds_grow_with_pixels_and_passes():
    known = Estimates()
    known.learn(work_of("film", 500_000, 1, 0, "thin"), 2.0)
    assert known.seconds(work_of("film", 500_000, 1, 0, "thin")) == pytest.approx(2)
    assert known.seconds(work_of("film", 1_000_000, 2, 0, "thin")) == pytest.approx(8)
    assert known.seconds(work_of("other", 500_000, 1, 0, "thin")) is None


def test_the_first_picture_counts_for_nothing_once_there_is_a_second():
    """It also loads and compiles the model."""
    known = Estimates()
    work = work_of("film", 1_000_000, 1, 0, "thin")
    known.learn(work, 9.0)
    known.learn(work, 1.0)
    assert known.seconds(work) == pytest.approx(1)
    known.learn(work, 2.0)
    assert known.seconds(work) == pytest.approx(1.5)


def test_steps_are_guessed_from_passes_until_they_are_measured():
    known = Estimates()
    known.learn(work_of("film", 1_000_000, 1, 0, "thin"), 1.0)
    work = work_of("film", 1_000_000, 1, 10, "thin")
    assert known.seconds(work) == pytest.approx(1 + 10 * STEP)
    known.learn(work, 21.0)
    assert known.seconds(work) == pytest.approx(21)
    assert known.seconds(work_of("film", 1_000_000, 1, 10, "vgg16")) == pytest.approx(1 + 7 * 20)
    # A method has no pass of its own.
    assert known.seconds(work_of("gatys", 1_000_000, 0, 10, "thin")) == pytest.approx(20)


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0.1, "less than a second"),
        (1.2, "about 1 s"),
        (59.6, "about 60 s"),
        (95, "about 2 min"),
        (600, "about 10 min"),
    ],
)
def test_durations_are_told_roughly(seconds, words):
    assert in_words(seconds) == words
