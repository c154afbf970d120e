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
from stylemix.generators.blocks import double
from stylemix.generators.johnson import Johnson
from stylemix.generators.lean import Lean
from stylemix.generators.vgg import VGG, Decode, Layers, Packing
from stylemix.generators.vgg_decoder import Decoder
from stylemix.generators.vgg_trunk import Trunk, check_layer
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = [
    "VGG",
    "Attach",
    "Decode",
    "Decoder",
    "Generator",
    "Injected",
    "Johnson",
    "Layers",
    "Lean",
    "Packing",
    "Stage",
    "Trunk",
    "check_layer",
    "double",
    "mirror",
    "pad_to_multiple",
]


@hookimpl
def register_generators(register: Register) -> None:
    """Register the built-in generators."""
    register("johnson", Johnson)
    register("lean", Lean)
    register("vgg", VGG)
