"""What annotations allow, in words and by values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pytest

from stylemix.plugins import (
    DISTINCT,
    NOT_EMPTY,
    Rule,
    above,
    at_least,
    at_most,
    below,
    multiple_of,
    one_of,
)
from stylemix.plugins.rules import choices_of, describe, split_hint


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (at_least(2), [2, 2.5, 9], [1.9, -3]),
        (at_most(2), [2, -1], [2.1]),
        (above(0), [1e-9, 5], [0, -1]),
        (below(1), [0.99, -4], [1, 2]),
        (multiple_of(4), [0, 4, 64], [2, 66]),
        (one_of(["a", "b"]), ["a", "b"], ["c", ""]),
        (NOT_EMPTY, [[1], (0,)], [[], ()]),
        (DISTINCT, [[], [1, 2], ["a", "b"]], [[1, 1], ["a", "b", "a"]]),
    ],
)
def test_rules_tell_right_from_wrong(rule, right, wrong):
    assert all(rule.fits(value) for value in right)
    assert not any(rule.fits(value) for value in wrong)


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int, "a whole number"),
        (Annotated[int, at_least(1)], "a whole number >= 1"),
        (
            Annotated[int, at_least(16), multiple_of(4)],
            "a whole number >= 16 and a multiple of 4",
        ),
        (Annotated[float, at_least(0), below(1)], "a number >= 0 and below 1"),
        (bool, "true or false"),
        (Literal["adam", "lbfgs"], "one of adam, lbfgs"),
        (Literal[2, 4], "one of 2, 4"),
        (str | Mapping[str, Any], "a text or a table"),
        (Annotated[int, at_least(1)] | None, "a whole number >= 1 or left out"),
        (tuple[float, float], "a list of 2 values, each a number"),
        (Annotated[Sequence[str], NOT_EMPTY], "a list with at least one item"),
        (Annotated[str, Rule("of one word", str.isalpha)], "a text of one word"),
        (Annotated[str, one_of(["a", "b"])], "a text that is one of a, b"),
    ],
)
def test_what_is_allowed_reads_as_a_phrase(hint, words):
    assert describe(hint) == words


def test_choices_are_those_of_literals_and_rules():
    assert choices_of(Literal["a", 2]) == ("a", 2)
    assert choices_of(Annotated[str, at_least(1), one_of(["x", "y"])]) == ("x", "y")
    assert choices_of(str) == ()


def test_an_annotation_parts_into_type_and_marks():
    rule = at_least(1)
    assert split_hint(Annotated[int, rule, "a remark"]) == (int, (rule, "a remark"))
    assert split_hint(str) == (str, ())
