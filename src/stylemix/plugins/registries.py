"""Names and the components behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from stylemix.errors import ConfigError, PluginError, UnknownNameError, suggest
from stylemix.plugins.schema import check, check_table
from stylemix.types import Spec

T = TypeVar("T")


class Registry(Generic[T]):
    """Components of one kind by name; remembers which plugin brought each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}
        self._plugins: dict[str, str] = {}

    def add(self, name: str, thing: T, plugin: str = "stylemix") -> None:
        """Register ``thing`` under ``name``.

        Raises:
            PluginError: the name is taken or isn't a plain non-empty string, or the thing is a
                class that leaves methods out which its kind has to have.
        """
        if not isinstance(name, str) or not name or name != name.strip():
            raise PluginError(
                f"plugin {plugin!r} registers a {self.kind} under the name {name!r}; "
                "give a non-empty string"
            )
        if name in self._things:
            raise PluginError(
                f"two plugins register the {self.kind} {name!r}: {self._plugins[name]!r} and "
                f"{plugin!r}; uninstall one of them or rename it"
            )
        lacking = sorted(getattr(thing, "__abstractmethods__", ()))
        if lacking:
            raise PluginError(
                f"plugin {plugin!r} registers the {self.kind} {name!r}, but its class "
                f"{getattr(thing, '__name__', thing)} lacks {' and '.join(lacking)}; "
                "implement what is missing"
            )
        self._things[name] = thing
        self._plugins[name] = plugin

    def get(self, name: str) -> T:
        """Return what is registered under ``name``.

        Raises:
            UnknownNameError: nothing is; the message lists the names and near matches.
        """
        try:
            return self._things[name]
        except (KeyError, TypeError):
            raise UnknownNameError(
                f"no {self.kind} is named {name!r}{suggest(str(name), self._things)} "
                f"(there are: {', '.join(self.names()) or 'none'}; a plugin may bring more)"
            ) from None

    def names(self) -> list[str]:
        """Return all names in the order of registration."""
        return list(self._things)

    def plugin_of(self, name: str) -> str:
        """Return the name of the plugin that registered ``name``."""
        self.get(name)
        return self._plugins[name]

    def build(self, spec: Spec, *args: Any, path: str | None = None) -> Any:
        """Call what ``spec["name"]`` stands for with ``*args`` and the other keys as options.

        The options are its keyword-only parameters, checked against their annotations.

        Args:
            spec: the name and the options.
            args: what the host gives.
            path: name of the spec in errors; None takes the kind's.

        Raises:
            UnknownNameError: the name is unknown.
            ConfigError: the spec is no table or has no name, or an option is unknown, lacking or
                wrong.
        """
        path = self.kind if path is None else path
        thing = self.find(spec, path)
        options = {key: value for key, value in spec.items() if key != "name"}
        return thing(*args, **check_table(thing, options, path))

    def find(self, spec: Any, path: str) -> Any:
        """Return what a spec's name stands for.

        Args:
            spec: a table of name and options.
            path: name of the spec in errors.

        Raises:
            UnknownNameError: the name is unknown.
            ConfigError: the spec is no table or has no name.
        """
        example = {"name": next(iter(self._things), "film")}
        if not isinstance(spec, Mapping) or "name" not in spec:
            raise ConfigError(
                f"{path} must be a table with the name of a {self.kind}, such as {example}, "
                f"got {spec!r}"
            )
        return self.get(check(spec["name"], str, f"{path}.name"))
