"""Check values against annotations: tables of a TOML file, and the options of components.

The annotation says all there is to check, a type and, with ``Annotated``, what the value has to be
beside it: ``Annotated[int, at_least(1)]``, see :mod:`stylemix.plugins.rules`.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from stylemix.errors import ConfigError, PluginError, suggest
from stylemix.plugins.rules import ONE_OR_MORE, WHOLE, Rule, choices_of, describe, split_hint


class Key(typing.NamedTuple):
    """One key of a table: its annotation and its default, ``inspect.Parameter.empty`` for none."""

    hint: Any
    default: Any


@functools.cache
def keys_of(kind: Any) -> dict[str, Key]:
    """Return what a table for a dataclass or a component may hold, by name.

    A component, a class or another callable, has its keyword-only parameters for options.

    Raises:
        PluginError: an annotation names something that its module doesn't know.
    """
    function = kind.__init__ if isinstance(kind, type) else kind  # type: ignore[misc]
    is_table = dataclasses.is_dataclass(kind)
    try:
        hints = typing.get_type_hints(kind if is_table else function, include_extras=True)
        parameters = inspect.signature(kind).parameters.values()
    except (NameError, TypeError, ValueError) as problem:
        raise PluginError(
            f"the annotations of {getattr(kind, '__name__', kind)} can't be read ({problem}); "
            "import what they name where the module is run, not for type checkers alone"
        ) from problem
    factories = {
        f.name: f.default_factory()
        for f in (dataclasses.fields(kind) if is_table else ())
        if f.default_factory is not dataclasses.MISSING
    }
    return {
        p.name: Key(hints.get(p.name, Any), factories.get(p.name, p.default))
        for p in parameters
        if is_table or p.kind is p.KEYWORD_ONLY
    }


def check_table(
    kind: Any, table: Any, path: str, under: Any = None, *, beside: Mapping[str, Key] | None = None
) -> dict[str, Any]:
    """Return a table's values as the annotations of a dataclass or a component want them.

    Args:
        kind: the dataclass or the component.
        table: its fields or options.
        path: name of the table in errors; empty for the whole of a file.
        under: instance of the dataclass whose tables this one's tables add to; None takes the
            defaults. A table marked :data:`WHOLE` and a list replace what is under them.
        beside: further keys that the table may hold.

    Raises:
        ConfigError: a key is unknown or lacking, or a value is wrong.
    """
    check(table, Mapping, path)
    keys = {**keys_of(kind), **(beside or {})}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{path}.{key}" if path else str(key)
        if key not in keys:
            known = ", ".join(keys) or "none"
            raise ConfigError(f"unknown key {name!r}{suggest(str(key), keys)} (known: {known})")
        beneath = keys[key].default if under is None else getattr(under, key)
        adds = dataclasses.is_dataclass(beneath) and WHOLE not in split_hint(keys[key].hint)[1]
        values[key] = check(value, keys[key].hint, name, beneath if adds else None)
    for key, known_key in keys.items():
        if key not in table and under is None and known_key.default is inspect.Parameter.empty:
            raise ConfigError(f"{path or 'the configuration'} lacks {key!r}")
    return values


def check(value: Any, hint: Any, path: str, under: Any = None) -> Any:
    """Return a value as its annotation wants it: tables become dataclasses, lists tuples.

    Args:
        value: as JSON or TOML hold it.
        hint: the annotation.
        path: name of the value in errors.
        under: for a table, the dataclass that it adds to; None for its own defaults.

    Raises:
        ConfigError: it isn't of that type; the message names path, value and what is allowed.
    """
    kind, marks = split_hint(hint)
    if ONE_OR_MORE in marks and isinstance(value, str | int | float) and value is not True:
        value = [value]
    found = _typed(value, kind, path, under)
    rules = [mark for mark in marks if isinstance(mark, Rule)]
    if found is _WRONG or not all(found is None or rule.fits(found) for rule in rules):
        near = suggest(value, map(str, choices_of(hint))) if isinstance(value, str) else ""
        raise ConfigError(f"{path} must be {describe(hint)}, got {value!r}{near}")
    return found


_WRONG = object()


def _typed(value: Any, kind: Any, path: str, under: Any) -> Any:
    """Return a value of a type, or ``_WRONG``."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        values = check_table(kind, value, path, under)
        made: Any = kind
        return made(**values) if under is None else dataclasses.replace(under, **values)
    if origin is typing.Literal:
        return value if any(value == a and type(value) is type(a) for a in args) else _WRONG
    if origin in (typing.Union, types.UnionType):
        return _alternative(value, args, path)
    if origin in (tuple, list, Sequence):
        fixed = len(args) if origin is tuple and args[-1] is not ... else None
        if not isinstance(value, list | tuple) or fixed not in (None, len(value)):
            return _WRONG
        items = [check(item, args[0], f"{path}[{i}]") for i, item in enumerate(value)]
        return tuple(items) if origin is tuple else items
    if origin in (dict, Mapping) or kind in (dict, Mapping):
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            return _WRONG
        inner = args[1] if args else Any
        return {key: check(part, inner, f"{path}.{key}") for key, part in value.items()}
    if kind in (int, float):
        fits = isinstance(value, int if kind is int else int | float)
        # Neither infinite nor undefined.
        return value if fits and not isinstance(value, bool) and abs(value) < 1e300 else _WRONG
    known = kind is not Any and isinstance(kind, type)
    return value if not known or isinstance(value, kind) else _WRONG


def _alternative(value: Any, kinds: Sequence[Any], path: str) -> Any:
    """Return a value of the first type of several that it fits, or ``_WRONG``."""
    for kind in kinds:
        try:
            return check(value, kind, path)
        except ConfigError as problem:
            # What is wrong further inside says more than that no alternative fits.
            if not str(problem).startswith(f"{path} must be"):
                raise
    return _WRONG
