"""Pictures: reading and writing files, one checked form in memory, and their colours."""

from __future__ import annotations

from stylemix.images.color import (
    desaturate,
    luma,
    match_moments,
    preserve_color,
    transfer_color,
)
from stylemix.images.examples import example_pictures, examples_folder
from stylemix.images.files import is_picture_name, open_file, picture_endings
from stylemix.images.images import (
    MAX_PIXELS,
    Picture,
    Raster,
    from_float,
    read,
    to_float,
    to_pil,
)
from stylemix.images.masks import read_mask
from stylemix.images.resizing import resize
from stylemix.images.saving import FORMATS, save
from stylemix.images.transparency import fill_hidden

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "Picture",
    "Raster",
    "desaturate",
    "example_pictures",
    "examples_folder",
    "fill_hidden",
    "from_float",
    "is_picture_name",
    "luma",
    "match_moments",
    "open_file",
    "picture_endings",
    "preserve_color",
    "read",
    "read_mask",
    "resize",
    "save",
    "to_float",
    "to_pil",
    "transfer_color",
]
