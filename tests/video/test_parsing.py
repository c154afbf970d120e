from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from stylemix.errors import ConfigError
from stylemix.video.parsing import frame_rate, interval, seconds

F = Fraction


@pytest.mark.parametrize(
    "text, value",
    [
        ("12.5", F(25, 2)),
        (3, F(3)),
        (0.04, F(1, 25)),
        (F(1, 3), F(1, 3)),
        ("1:30", F(90)),
        ("1:02:03.5", F(7447, 2)),
        ("90", F(90)),
    ],
)
def test_times_are_read(text, value):
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "1:75", "-1", -1, "1:2:3:4", "1.5:00", "nan", "1/0"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ConfigError, match="the start must be seconds"):
        seconds(text, "the start")


def test_an_interval_ends_later_than_it_begins():
    assert interval("0:02", 2.5) == (F(2), F(5, 2))
    assert interval(1, None) == (F(1), None)
    for end in ("1:30", 90, "0:10"):
        with pytest.raises(ConfigError, match=r"end .* must be later than start \(1:30\)"):
            interval("1:30", end)
    with pytest.raises(ConfigError, match="end must be seconds"):
        interval(0, "late")


@pytest.mark.parametrize(
    "fps, rate",
    [
        (25, F(25)),
        (12.5, F(25, 2)),
        (29.97, F(30000, 1001)),
        (23.976, F(24000, 1001)),
        (F(1, 3), F(1, 3)),
        (1000, F(1000)),
    ],
)
def test_ntsc_rates_are_exact(fps, rate):
    assert frame_rate(fps) == rate


@pytest.mark.parametrize("fps", [0, -1, 1001, True, "25", float("nan")])
def test_what_is_no_rate_is_refused(fps):
    with pytest.raises(ConfigError, match="fps must be a number above 0 and at most 1000"):
        frame_rate(fps)


def test_nothing_slow_is_imported_for_it():
    code = (
        "import sys, stylemix.video.parsing, stylemix.video.targets\n"
        "print(*(name for name in ('torch', 'numpy', 'cv2', 'av') if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_the_package_has_all_names_that_it_promises():
    import stylemix.video

    assert all(callable(getattr(stylemix.video, n)) for n in stylemix.video.__all__ if n[0] != "M")
    assert stylemix.video.MOST_STEADY == 0.95
    with pytest.raises(AttributeError, match="module 'stylemix.video' has no attribute 'Movie'"):
        _ = stylemix.video.Movie
