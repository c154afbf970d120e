"""Names and the components behind them."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from stylemix.errors import ConfigError, PluginError, UnknownNameError
from stylemix.types import Spec

T = TypeVar("T")


def suggest(word: str, choices: Iterable[str]) -> str:
    """Give ``"; did you mean 'x'?"`` for near matches of ``word``, else an empty string."""
    near = difflib.get_close_matches(word, list(choices), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


class Registry(Generic[T]):
    """Components of one kind by name; remembers which plugin brought each."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}
        self._plugins: dict[str, str] = {}

    def add(self, name: str, thing: T, plugin: str = "stylemix") -> None:
        """Register ``thing`` under ``name``.

        Raises:
            PluginError: the name is taken, or isn't a plain non-empty string.
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
        self._things[name] = thing
        self._plugins[name] = plugin

    def get(self, name: str) -> T:
        """Give what is registered under ``name``.

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
        """Give all names in the order of registration."""
        return list(self._things)

    def plugin_of(self, name: str) -> str:
        """Name the plugin that registered ``name``."""
        self.get(name)
        return self._plugins[name]

    def build(self, spec: Spec, *args: Any) -> Any:
        """Call what ``spec["name"]`` stands for with ``*args`` and the other keys as options.

        Raises:
            UnknownNameError: the name is unknown.
            ConfigError: the spec has no name, or an option that the component doesn't take.
        """
        options = dict(spec)
        name = options.pop("name", None)
        if name is None:
            raise ConfigError(
                f"a {self.kind} needs a name, such as {{'name': "
                f"{next(iter(self._things), 'film')!r}}}; got {dict(spec)!r}"
            )
        thing: Any = self.get(name)
        allowed = [
            p.name
            for p in inspect.signature(thing).parameters.values()
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        ]
        for key in options:
            if key not in allowed:
                raise ConfigError(
                    f"the {self.kind} {name!r} has no option {key!r}{suggest(key, allowed)} "
                    f"(it takes: {', '.join(allowed) or 'none'})"
                )
        return thing(*args, **options)
