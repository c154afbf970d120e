"""Pictures: reading and writing files, one checked form in memory, and their colours."""

from __future__ import annotations

from stylemix.images.color import grey, luma, preserve_color, transfer_color
from stylemix.images.files import open_file
from stylemix.images.images import (
    MAX_PIXELS,
    Picture,
    Raster,
    from_float,
    read,
    read_mask,
    resize,
    to_float,
    to_pil,
)
from stylemix.images.saving import FORMATS, save

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Picture",
    "Raster",
    "from_float",
    "grey",
    "luma",
    "open_file",
    "preserve_color",
    "read",
    "read_mask",
    "resize",
    "save",
    "to_float",
    "to_pil",
    "transfer_color",
]
