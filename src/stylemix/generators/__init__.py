"""Generators: from photograph and style mixture to picture."""

from __future__ import annotations

from stylemix.generators.base import (
    Attach,
    Generator,
    Injected,
    Stage,
    mirror,
    pad_to_multiple,
)
from stylemix.generators.johnson import Johnson
from stylemix.generators.vgg import VGG
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = [
    "VGG", "Attach", "Generator", "Injected", "Johnson", "Stage", "mirror", "pad_to_multiple",
]


@hookimpl
def register_generators(register: Register) -> None:
    """Register the built-in generators."""
    register("johnson", Johnson)
    register("vgg", VGG)
