"""Plugins: the hooks, what they registered by name, and checks of a component's options."""

from __future__ import annotations

from stylemix.plugins.hookspecs import Register, hookimpl
from stylemix.plugins.options import check_counts
from stylemix.plugins.plugins import (
    KINDS,
    PluginInfo,
    get_manager,
    plugin_info,
    registry,
    reload,
)
from stylemix.plugins.registries import Registry, suggest

__all__ = [
    "KINDS",
    "PluginInfo",
    "Register",
    "Registry",
    "check_counts",
    "get_manager",
    "hookimpl",
    "plugin_info",
    "registry",
    "reload",
    "suggest",
]
