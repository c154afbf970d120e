"""The hooks by which stylemix and outside plugins register their components.

A plugin is a module with one or more functions marked ``@stylemix.hookimpl`` and named as below,
announced by an entry point in the group ``stylemix``. Each hook is handed
``register(name, thing)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

hookspec = pluggy.HookspecMarker("stylemix")
hookimpl = pluggy.HookimplMarker("stylemix")

Register = Callable[[str, Any], None]


@hookspec
def register_injections(register: Register) -> None:
    """Register subclasses of :class:`stylemix.Injection`."""


@hookspec
def register_encoders(register: Register) -> None:
    """Register subclasses of :class:`stylemix.StyleEncoder`."""


@hookspec
def register_generators(register: Register) -> None:
    """Register subclasses of :class:`stylemix.Generator`."""


@hookspec
def register_losses(register: Register) -> None:
    """Register loss terms: subclasses of :class:`stylemix.losses.LossTerm`."""


@hookspec
def register_stylizers(register: Register) -> None:
    """Register subclasses of :class:`stylemix.stylizers.Stylizer`."""


@hookspec
def register_presets(register: Register) -> None:
    """Register presets: the configuration (a mapping) that a stylizer is built from."""


@hookspec
def register_models(register: Register) -> None:
    """Register trained models: the checkpoint folder (a path) that a name stands for.

    ``stylemix models`` lists them, and ``stylize(model=name)`` takes them. A name that a model
    which ships with stylemix has already stands for that one.
    """
