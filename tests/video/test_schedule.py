from __future__ import annotations

from fractions import Fraction

import pytest
from helpers import picture, tiny_model

from stylemix.errors import ConfigError
from stylemix.video.schedule import make_schedule

F = Fraction


def test_styles_turn_into_the_next_until_its_time():
    model = tiny_model()
    a, b, c = (model.encode(picture(n)) for n in (1, 2, 3))
    schedule = make_schedule({"0:12": c, 0: a, "2": b}, model, None)
    assert schedule.at(F(0)) == ([a], None)
    styles, weights = schedule.at(F(1, 2))
    assert styles == [a, b] and weights == pytest.approx([0.75, 0.25])
    assert schedule.at(F(2)) == ([b], None)
    styles, weights = schedule.at(F(7))
    assert styles == [b, c] and weights == pytest.approx([0.5, 0.5])
    assert schedule.at(F(20)) == ([c], None)


def test_before_the_first_time_the_first_style_holds():
    model = tiny_model()
    a, b = (model.encode(picture(n)) for n in (1, 2))
    assert make_schedule({3: a, 4: b}, model, None).at(F(1)) == ([a], None)


def test_paintings_are_encoded_once_and_weights_kept():
    model = tiny_model()
    schedule = make_schedule([picture(1), picture(2)], model, [2, 1])
    styles, weights = schedule.at(F(5))
    assert weights == [2, 1]
    assert all(x is y for x, y in zip(styles, schedule.styles, strict=True))


@pytest.mark.parametrize(
    "style, weights, message",
    [
        (None, None, "give at least one painting"),
        ([], None, "give at least one painting"),
        ({}, None, "give at least one painting"),
        ({0: picture(1), "0:00": picture(2)}, None, "one and the same time"),
        ({0: picture(1), 1: picture(2)}, [1, 2], "weights mix styles of one time"),
        ({"soon": picture(1)}, None, "a style's time must be seconds"),
    ],
)
def test_what_makes_no_sense_is_refused(style, weights, message):
    with pytest.raises(ConfigError, match=message):
        make_schedule(style, tiny_model(), weights)
