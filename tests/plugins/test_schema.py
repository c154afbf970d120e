"""Values become what their annotations say, and what is wrong is named in full."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError, PluginError
from stylemix.plugins import NOT_EMPTY, at_least, check, check_table, one_of
from stylemix.plugins.rules import ONE_OR_MORE, WHOLE
from stylemix.plugins.schema import keys_of


@dataclass(frozen=True)
class Inner:
    rate: Annotated[float, at_least(0)] = 1.0
    sizes: Annotated[tuple[int, ...], ONE_OR_MORE] = ()


@dataclass(frozen=True)
class Outer:
    name: str = ""
    kind: Literal["soft", "hard"] = "soft"
    inner: Inner = field(default_factory=lambda: Inner(rate=3.0))
    whole: Annotated[Inner, WHOLE] = field(default_factory=lambda: Inner(rate=3.0))
    parts: tuple[Inner, ...] = ()
    pair: tuple[float, float] = (0, 1)
    model: str | Mapping[str, Any] = ""
    weights: Mapping[str, Annotated[float, at_least(0)]] = field(default_factory=dict)


class Component:
    def __init__(
        self,
        place: str,
        *,
        size: Annotated[int, at_least(1)] = 3,
        layers: Annotated[Sequence[Annotated[str, one_of(["a1", "b2"])]], NOT_EMPTY] = ("a1",),
        mode: Literal["near", "far"] = "near",
        flag: bool = False,
        limit: Annotated[float, at_least(0)] | None = None,
        free=None,
    ) -> None: ...


def test_a_table_becomes_a_dataclass():
    table = {
        "name": "x",
        "inner": {"sizes": [3]},
        "parts": [{"rate": 2}, {}],
        "pair": [0.5, 1],
        "model": {"deep": [1, {"a": None}]},
        "weights": {"style": 2},
    }
    assert check(table, Outer, "") == Outer(
        name="x",
        inner=Inner(3.0, (3,)),
        parts=(Inner(2), Inner()),
        pair=(0.5, 1),
        model={"deep": [1, {"a": None}]},
        weights={"style": 2},
    )


def test_a_table_adds_to_the_default_below_it_and_a_whole_one_replaces_it():
    found = check({"inner": {"sizes": 1}, "whole": {"sizes": 1}}, Outer, "")
    assert found.inner == Inner(rate=3.0, sizes=(1,))
    assert found.whole == Inner(rate=1.0, sizes=(1,))


def test_a_table_adds_to_the_instance_below_it():
    below = Outer(name="old", kind="hard", inner=Inner(5.0, (1, 2)), parts=(Inner(9.0),))
    found = check({"name": "new", "inner": {"rate": 2.0}, "parts": [{}]}, Outer, "", below)
    assert found == Outer(name="new", kind="hard", inner=Inner(2.0, (1, 2)), parts=(Inner(),))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"nam": "x"}, "unknown key 'nam'; did you mean 'name'? (known: name, kind, inner, "),
        ({"inner": {"rat": 1}}, "unknown key 'inner.rat'; did you mean 'rate'?"),
        ({"inner": {"rate": "fast"}}, "inner.rate must be a number >= 0, got 'fast'"),
        ({"inner": {"rate": -1}}, "inner.rate must be a number >= 0, got -1"),
        ({"inner": {"rate": True}}, "inner.rate must be a number >= 0, got True"),
        ({"inner": {"rate": float("nan")}}, "inner.rate must be a number >= 0, got nan"),
        ({"inner": {"rate": float("inf")}}, "inner.rate must be a number >= 0, got inf"),
        ({"inner": {"sizes": [1, "two"]}}, "inner.sizes[1] must be a whole number, got 'two'"),
        ({"inner": {"sizes": [1, 2.0]}}, "inner.sizes[1] must be a whole number, got 2.0"),
        ({"inner": {"sizes": {}}}, "inner.sizes must be a list, got {}"),
        ({"inner": 5}, "inner must be a table, got 5"),
        ({"parts": [{}, {"rate": "x"}]}, "parts[1].rate must be a number >= 0, got 'x'"),
        ({"parts": {"rate": 1}}, "parts must be a list, got {'rate': 1}"),
        ({"kind": "sofd"}, "kind must be one of soft, hard, got 'sofd'; did you mean 'soft'?"),
        ({"pair": [1]}, "pair must be a list of 2 values, each a number, got [1]"),
        ({"model": 5}, "model must be a text or a table, got 5"),
        ({"model": {1: 2}}, "model must be a text or a table, got {1: 2}"),
        ({"weights": {"style": -1}}, "weights.style must be a number >= 0, got -1"),
    ],
)
def test_what_is_wrong_in_a_table_is_named(table, said):
    with pytest.raises(ConfigError, match="^" + re.escape(said)):
        check(table, Outer, "")


def test_options_are_the_keyword_only_parameters():
    assert list(keys_of(Component)) == ["size", "layers", "mode", "flag", "limit", "free"]
    given = {"size": 2, "layers": ["b2"], "flag": True, "limit": None, "free": object()}
    assert check_table(Component, given, "thing") == given


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"siez": 1}, "unknown key 'thing.siez'; did you mean 'size'? (known: size, layers, "),
        ({"place": "x"}, "unknown key 'thing.place'"),
        ({"size": 0}, "thing.size must be a whole number >= 1, got 0"),
        ({"size": "3"}, "thing.size must be a whole number >= 1, got '3'"),
        ({"size": True}, "thing.size must be a whole number >= 1, got True"),
        ({"flag": "no"}, "thing.flag must be true or false, got 'no'"),
        ({"flag": 0}, "thing.flag must be true or false, got 0"),
        ({"layers": "a1"}, "thing.layers must be a list with at least one item, got 'a1'"),
        ({"layers": []}, "thing.layers must be a list with at least one item, got []"),
        ({"layers": ["a1", "a2"]}, "thing.layers[1] must be a text that is one of a1, b2, got"),
        ({"mode": "fra"}, "thing.mode must be one of near, far, got 'fra'; did you mean 'far'?"),
        ({"limit": -1}, "thing.limit must be a number >= 0 or left out, got -1"),
        ([], "thing must be a table, got []"),
    ],
)
def test_what_is_wrong_with_an_option_is_named(options, said):
    with pytest.raises(ConfigError, match="^" + re.escape(said)):
        check_table(Component, options, "thing")


def test_a_lacking_option_is_named():
    def build(*, size: int, depth: int = 2) -> None: ...

    assert check_table(build, {"size": 3}, "thing") == {"size": 3}
    with pytest.raises(ConfigError, match="^thing lacks 'size'"):
        check_table(build, {}, "thing")


def test_annotations_that_cannot_be_read_are_the_plugins_fault():
    def build(*, size: NoSuchType = 3) -> None: ...  # noqa: F821

    with pytest.raises(PluginError, match="annotations of build can't be read .*NoSuchType"):
        keys_of(build)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*keys_of(Outer)]), json_values))
def test_any_json_is_either_taken_or_refused_with_the_name_of_a_key(table):
    said = None
    try:
        check(table, Outer, "")
    except ConfigError as problem:
        said = str(problem)
    assert said is None or any(key in said for key in table)
