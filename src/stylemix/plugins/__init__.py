"""Plugins: the hooks, what they registered by name, and the schema of a component's options."""

from __future__ import annotations

from stylemix.errors import suggest
from stylemix.plugins.hookspecs import Register, hookimpl
from stylemix.plugins.plugins import (
    KINDS,
    PluginInfo,
    get_manager,
    plugin_info,
    registry,
    reload,
)
from stylemix.plugins.registries import Registry
from stylemix.plugins.rules import (
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
from stylemix.plugins.schema import check, check_table

__all__ = [
    "DISTINCT",
    "KINDS",
    "NOT_EMPTY",
    "PluginInfo",
    "Register",
    "Registry",
    "Rule",
    "above",
    "at_least",
    "at_most",
    "below",
    "check",
    "check_table",
    "get_manager",
    "hookimpl",
    "multiple_of",
    "one_of",
    "plugin_info",
    "registry",
    "reload",
    "suggest",
]
