"""What a method has to beat: the photograph itself, and a transfer of colors alone."""

from __future__ import annotations

from PIL import Image

from stylemix.images import Picture, read, to_float, to_pil
from stylemix.images.color import transfer_color


def copy(content: Picture, style: Picture) -> Image.Image:
    """Return the photograph as it is: the best content, no style."""
    return to_pil(read(content).pixels)


def color(content: Picture, style: Picture) -> Image.Image:
    """Return the photograph in the painting's colors, without any texture of it."""
    photograph = to_float(read(content).pixels)[0]
    painting = to_float(read(style).pixels)[0]
    return to_pil(transfer_color(photograph, painting).clamp(0, 1))
