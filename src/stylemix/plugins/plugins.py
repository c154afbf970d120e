"""The plugin manager: built-in and outside plugins, loaded once through the same hooks."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import os
import warnings
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
        for module in BUILT_IN:
            self._take(importlib.import_module(module), "stylemix")
        for entry in importlib.metadata.entry_points(group="stylemix"):
            self._take_entry(entry)

    def _take_entry(self, entry: importlib.metadata.EntryPoint) -> None:
        dist = entry.dist
        name = dist.metadata["Name"] if dist is not None else entry.name
        info = self.infos.setdefault(
            name, PluginInfo(name, dist.version if dist is not None else "?", builtin=False)
        )
        try:
            self._take(entry.load(), name)
        # A plugin is a stranger's code: whatever it raises must not take stylemix down with it,
        # nor may it end the process, as scripts do that aren't meant to be imported.
        except (Exception, SystemExit) as problem:
            info.error = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
            warnings.warn(
                f"the stylemix plugin {name!r} could not be loaded and is left out "
                f"({info.error}); update or uninstall it",
                RuntimeWarning,
                stacklevel=2,
            )

    def _take(self, module: Any, plugin: str) -> None:
        """Register one module's components, all of them or (on an error) none."""
        self.manager.register(module)
        try:
            self.manager.check_pending()
            found: list[tuple[str, str, Any]] = []
            for kind in KINDS:
                hook = getattr(module, f"register_{kind}", None)
                if hook is not None:
                    hook(lambda name, thing, kind=kind: found.append((kind, name, thing)))
            for kind, name, thing in found:
                if kind == "models" and not isinstance(thing, str | os.PathLike):
                    raise PluginError(
                        f"the model {name!r} must be registered as the path of its "
                        f"folder, got {type(thing).__name__}"
                    )
            _refuse_clashes(found, self.registries, plugin)
        except BaseException:
            self.manager.unregister(module)
            raise
        for kind, name, thing in found:
            self.registries[kind].add(name, thing, plugin)
            self.infos[plugin].provides.setdefault(kind, []).append(name)


def _refuse_clashes(
    found: list[tuple[str, str, Any]], registries: dict[str, Registry[Any]], plugin: str
) -> None:
    trial: dict[str, Registry[Any]] = {}
    for kind, name, thing in found:
        registry = registries[kind]
        if name in registry.names():
            registry.add(name, thing, plugin)  # raises, naming both plugins
        trial.setdefault(kind, Registry(registry.kind)).add(name, thing, plugin)


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "source"


@functools.cache
def _loaded() -> _Loaded:
    return _Loaded()


def get_manager() -> pluggy.PluginManager:
    """Give the pluggy manager with every plugin that could be loaded."""
    return _loaded().manager


def registry(kind: str) -> Registry[Any]:
    """Give the registry of one kind, one of :data:`KINDS`.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError(
            f"no kind of component is named {kind!r} (there are: {', '.join(KINDS)})"
        )
    return _loaded().registries[kind]


def plugin_info() -> list[PluginInfo]:
    """List stylemix itself and every outside plugin, also those that failed to load."""
    return list(_loaded().infos.values())


def reload() -> None:
    """Forget what was loaded, so that the next use looks at the entry points again."""
    _loaded.cache_clear()
