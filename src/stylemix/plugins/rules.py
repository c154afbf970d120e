"""What annotations say of a value beside its type, and how all of it reads in an error."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WHOLE = object()
"""Marks a table that replaces the one below it, where others add to it."""
ONE_OR_MORE = object()
"""Marks a list of which one item may stand alone, without brackets."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a value has to be beside its type.

    Attributes:
        words: what follows the type's name in "must be a whole number >= 1".
        fits: tells whether a value of the type is right.
        choices: the values that are allowed, where they can be listed.
    """

    words: str
    fits: Callable[[Any], bool]
    choices: tuple[Any, ...] = ()


def at_least(least: float) -> Rule:
    """Return the rule for numbers from ``least`` on."""
    return Rule(f">= {least}", lambda value: value >= least)


def at_most(most: float) -> Rule:
    """Return the rule for numbers up to ``most``."""
    return Rule(f"<= {most}", lambda value: value <= most)


def above(bound: float) -> Rule:
    """Return the rule for numbers larger than ``bound``."""
    return Rule(f"above {bound}", lambda value: value > bound)


def below(bound: float) -> Rule:
    """Return the rule for numbers smaller than ``bound``."""
    return Rule(f"below {bound}", lambda value: value < bound)


def multiple_of(factor: int) -> Rule:
    """Return the rule for multiples of ``factor``."""
    return Rule(f"a multiple of {factor}", lambda value: value % factor == 0)


def one_of(choices: Sequence[Any]) -> Rule:
    """Return the rule for listed values, for lists that ``Literal`` can't be written with."""
    known = tuple(choices)
    return Rule(f"that is one of {', '.join(map(str, known))}", known.__contains__, known)


NOT_EMPTY = Rule("with at least one item", lambda value: len(value) > 0)
DISTINCT = Rule("of different items", lambda value: all(list(value).count(v) == 1 for v in value))


_NAMES = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "left out",
}


def split_hint(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return an annotation's type, and what ``Annotated`` adds to it."""
    if typing.get_origin(hint) is typing.Annotated:
        return typing.get_args(hint)[0], hint.__metadata__
    return hint, ()


def describe(hint: Any) -> str:
    """Return in words what an annotation allows."""
    kind, marks = split_hint(hint)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        text = " or ".join(describe(arg) for arg in args)
    elif origin is typing.Literal:
        text = f"one of {', '.join(map(str, args))}"
    elif origin is tuple and args[-1] is not ...:
        text = f"a list of {len(args)} values, each {describe(args[0])}"
    elif origin in (tuple, list, Sequence):
        text = "a list"
    elif origin in (dict, Mapping) or kind in (dict, Mapping) or dataclasses.is_dataclass(kind):
        text = "a table"
    else:
        text = _NAMES.get(kind, getattr(kind, "__name__", str(kind)))
    words = " and ".join(mark.words for mark in marks if isinstance(mark, Rule))
    return f"{text} {words}" if words else text


def choices_of(hint: Any) -> tuple[Any, ...]:
    """Return the values that an annotation lists; empty where it lists none."""
    kind, marks = split_hint(hint)
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    return tuple(c for mark in marks if isinstance(mark, Rule) for c in mark.choices)
