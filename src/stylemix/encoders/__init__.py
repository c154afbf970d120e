"""Style encoders: from painting to style code."""

from __future__ import annotations

from stylemix.encoders.base import StyleEncoder
from stylemix.encoders.inception import InceptionEncoder
from stylemix.encoders.none import NoEncoder
from stylemix.encoders.table import TableEncoder
from stylemix.encoders.texture_palette import TexturePaletteEncoder
from stylemix.encoders.thin import ThinEncoder
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = [
    "InceptionEncoder",
    "NoEncoder",
    "StyleEncoder",
    "TableEncoder",
    "TexturePaletteEncoder",
    "ThinEncoder",
]


@hookimpl
def register_encoders(register: Register) -> None:
    """Register the built-in encoders."""
    register("inception", InceptionEncoder)
    register("thin", ThinEncoder)
    register("none", NoEncoder)
    register("table", TableEncoder)
    register("texture-palette", TexturePaletteEncoder)
