"""From a TOML file to dataclasses, checked key by key."""

from __future__ import annotations

import dataclasses
import os
import sys
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.registries import suggest

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - Python 3.10
    import tomli as tomllib


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: it can't be read, or is no TOML.
    """
    path = Path(path)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"the configuration {path} can't be read ({problem})") from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{path} is no valid TOML: {problem}") from None


def build_table(cls: Any, table: Any, where: str) -> Any:
    """Make a dataclass from a mapping, with the key's full name in every error.

    Raises:
        ConfigError: a key is unknown, or a value of another type than the field's.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} must be a table, got {table!r}")
    hints = typing.get_type_hints(cls)
    kinds = {field.name: hints[field.name] for field in dataclasses.fields(cls)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{where}.{key}" if where else key
        if key not in kinds:
            raise ConfigError(
                f"unknown key {name!r}{suggest(key, kinds)} (known: {', '.join(kinds)})"
            )
        values[key] = _convert(value, kinds[key], name)
    return cls(**values)


def _convert(value: Any, kind: Any, name: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return build_table(kind, value, name)
    origin = typing.get_origin(kind)
    if origin is tuple:
        item = typing.get_args(kind)[0]
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            value = [value]
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{name} must be a list, got {value!r}")
        return tuple(_convert(v, item, f"{name}[{i}]") for i, v in enumerate(value))
    if origin in (typing.Union, types.UnionType):
        fits = isinstance(value, str | Mapping)
    elif origin is not None:  # a mapping
        fits = isinstance(value, Mapping)
        if fits:
            inner = typing.get_args(kind)[1]
            return {
                k: v if inner is Any else _convert(v, inner, f"{name}.{k}")
                for k, v in value.items()
            }
    elif kind is float:
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        )  # neither inf nor nan
    else:
        fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if not fits:
        wanted = (
            "a table"
            if origin is not None
            else {
                "str": "a text",
                "int": "a whole number",
                "float": "a number",
                "bool": "true or false",
            }.get(kind.__name__, kind.__name__)
        )
        raise ConfigError(f"{name} must be {wanted}, got {value!r}")
    return value
