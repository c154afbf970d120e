"""The plugin manager: built-in and outside plugins, loaded once through the same hooks."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.metadata
import os
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pluggy

from stylemix.errors import PluginError, UnknownNameError
from stylemix.plugins import hookspecs
from stylemix.plugins.registries import Registry

KINDS = ("injections", "encoders", "generators", "losses", "stylizers", "presets", "models")
BUILT_IN = (
    "stylemix.injections",
    "stylemix.encoders",
    "stylemix.generators",
    "stylemix.losses",
    "stylemix.stylizers",
    "stylemix.stylizers.presets",
)


@dataclass
class PluginInfo:
    """One plugin as ``stylemix plugins`` lists it.

    Attributes:
        name: the distribution's name (``"stylemix"`` for what is built in).
        version: the distribution's version.
        builtin: whether it comes with stylemix itself.
        provides: names by kind, such as ``{"injections": ["adain"]}``.
        error: why it couldn't be loaded, or None.
    """

    name: str
    version: str
    builtin: bool
    provides: dict[str, list[str]] = field(default_factory=dict)
    error: str | None = None


@dataclass
class _Member:
    """One module that was announced, and what it registered: kind, name and thing each."""

    module: Any
    plugin: str
    found: list[tuple[str, str, Any]] = field(default_factory=list)


class _Loaded:
    """Everything that loading the plugins gave."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager("stylemix")
        self.manager.add_hookspecs(hookspecs)
        self.registries: dict[str, Registry[Any]] = {
            kind: Registry(kind.removesuffix("es") if kind == "losses" else kind[:-1])
            for kind in KINDS
        }
        self.infos: dict[str, PluginInfo] = {}
        version = _version("stylemix")
        self.infos["stylemix"] = PluginInfo("stylemix", version, builtin=True)
        # In the order in which they register something: what is first keeps a name.
        self.members: dict[int, _Member] = {}
        for module in BUILT_IN:
            self._join(importlib.import_module(module), "stylemix")
        for entry in importlib.metadata.entry_points(group="stylemix"):
            self._join_entry(entry)
        for kind in KINDS:
            # Each implementation has its own way to register, see _join.
            getattr(self.manager.hook, f"register_{kind}")(register=_nothing)
        for member in sorted(self.members.values(), key=lambda m: m.plugin != "stylemix"):
            with self._sparing(member.plugin, member.module):
                self._take(member)

    def _join_entry(self, entry: importlib.metadata.EntryPoint) -> None:
        dist = entry.dist
        name = dist.metadata["Name"] if dist is not None else entry.name
        self.infos.setdefault(
            name, PluginInfo(name, dist.version if dist is not None else "?", builtin=False)
        )
        with self._sparing(name):
            self._join(entry.load(), name)

    def _join(self, module: Any, plugin: str) -> None:
        """Hand a module to pluggy; what it registers later on is noted as this plugin's."""
        self.manager.register(module)
        try:
            self.manager.check_pending()
        except BaseException:
            self.manager.unregister(module)
            raise
        member = _Member(module, plugin)
        for caller in self.manager.get_hookcallers(module) or ():
            implementation: Any
            for implementation in caller.get_hookimpls():
                if implementation.plugin is module:
                    kind = caller.name.removeprefix("register_")
                    implementation.function = self._noting(implementation, kind, member)

    def _noting(self, implementation: Any, kind: str, member: _Member) -> Callable[..., Any]:
        """Return a hook's function with a ``register`` that knows its plugin."""
        function = implementation.function

        def note(name: str, thing: Any) -> None:
            self.members.setdefault(id(member), member).found.append((kind, name, thing))

        def call(*args: Any, **named: Any) -> Any:
            with self._sparing(member.plugin, member.module):
                return function(*(note for _ in args), **dict.fromkeys(named, note))

        def wrap(*args: Any, **named: Any) -> Generator[None, Any, Any]:
            around = None
            with self._sparing(member.plugin, member.module):
                around = function(*(note for _ in args), **dict.fromkeys(named, note))
                next(around)
            inside = yield
            if around is not None:
                with (
                    self._sparing(member.plugin, member.module),
                    contextlib.suppress(StopIteration),
                ):
                    around.send(inside)
            return inside

        return wrap if implementation.wrapper or implementation.hookwrapper else call

    def _take(self, member: _Member) -> None:
        """Add one module's components, all of them or (on an error) none."""
        trial: dict[str, Registry[Any]] = {}
        for kind, name, thing in member.found:
            if kind == "models" and not isinstance(thing, str | os.PathLike):
                raise PluginError(
                    f"the model {name!r} must be registered as the path of its "
                    f"folder, got {type(thing).__name__}"
                )
            known = self.registries[kind]
            if name in known.names():
                known.add(name, thing, member.plugin)  # raises, naming both plugins
            trial.setdefault(kind, Registry(known.kind)).add(name, thing, member.plugin)
        for kind, name, thing in member.found:
            self.registries[kind].add(name, thing, member.plugin)
            self.infos[member.plugin].provides.setdefault(kind, []).append(name)

    @contextlib.contextmanager
    def _sparing(self, plugin: str, module: Any = None) -> Iterator[None]:
        """Leave an outside plugin out, with a warning, where it raises something."""
        try:
            yield
        # A plugin is a stranger's code: whatever it raises must not take stylemix down with it,
        # nor may it end the process, as scripts do that aren't meant to be imported.
        except (Exception, SystemExit) as problem:
            info = self.infos[plugin]
            if info.builtin:
                raise
            info.error = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
            self.members = {k: m for k, m in self.members.items() if m.module is not module}
            if module is not None and self.manager.is_registered(module):
                self.manager.unregister(module)
            warnings.warn(
                f"the stylemix plugin {plugin!r} could not be loaded and is left out "
                f"({info.error}); update or uninstall it",
                RuntimeWarning,
                stacklevel=3,
            )


def _nothing(name: str, thing: Any) -> None:
    raise PluginError(f"{name!r} is registered by no plugin")


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "source"


@functools.cache
def _loaded() -> _Loaded:
    return _Loaded()


def get_manager() -> pluggy.PluginManager:
    """Return the pluggy manager with every plugin that could be loaded."""
    return _loaded().manager


def registry(kind: str) -> Registry[Any]:
    """Return the registry of one kind, one of :data:`KINDS`.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError(
            f"no kind of component is named {kind!r} (there are: {', '.join(KINDS)})"
        )
    return _loaded().registries[kind]


def plugin_info() -> list[PluginInfo]:
    """Return stylemix itself and every outside plugin, also those that failed to load."""
    return list(_loaded().infos.values())


def reload() -> None:
    """Forget what was loaded, so that the next use looks at the entry points again."""
    _loaded.cache_clear()
