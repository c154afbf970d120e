"""From strokes drawn on the photograph to one mask per painting."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

from stylemix.errors import ConfigError, PictureError

COLORS = ("#e4572e", "#2f80d1", "#f2b705", "#0f9d58")
"""The brush of each painting; no mixture of two of them is close to a mixture of two others."""
OPACITY = 0.7
"""Of the brush: the photograph shines through, and so may an earlier stroke, but not too much."""
COLOR_NAMES = ("red", "blue", "yellow", "green")
MAX_PIXELS = 8_000_000
"""Of one drawing; the page draws on a preview that is far smaller."""

SOFTNESS = 0.01
"""Radius of a region's soft edge, as a share of the drawing's long side: a region that ended within
a pixel would look cut out."""

_VISIBLE = 40  # of 255: fainter pixels are a stroke's soft rim


def masks(layers: Sequence[Image.Image], used: Sequence[int]) -> list[Image.Image] | None:
    """Return for each painting the region painted in its color.

    Args:
        layers: the drawing, transparent where nothing was painted; later ones lie on top. All of
            one size.
        used: the slots, 0 to 3, that hold a painting.

    Returns:
        One greyscale mask per entry of ``used``, or None where nothing was painted. Their edges are
        soft, and their sum is 255 wherever the drawing is painted all around.

    Raises:
        PictureError: a layer is too large, or sizes differ.
        ConfigError: a color was painted whose painting is missing.
    """
    owner = _owner(layers)
    if owner is None:
        return None
    for slot in range(len(COLORS)):
        if slot not in used and bool((owner == slot).any()):
            raise ConfigError(
                f"a region is painted in {COLOR_NAMES[slot]}, the color of painting "
                f"{slot + 1}, but there is no painting {slot + 1}: add it, or erase "
                "the region"
            )
    radius = SOFTNESS * max(owner.shape)
    hard = (Image.fromarray(np.where(owner == slot, 255, 0).astype(np.uint8)) for slot in used)
    return [m.filter(ImageFilter.GaussianBlur(radius)) if radius >= 1 else m for m in hard]


def _owner(layers: Sequence[Image.Image]) -> np.ndarray | None:
    """Return the slot that owns each pixel, -1 for none; None where nothing is painted."""
    owner: np.ndarray | None = None
    for layer in layers:
        if layer.width * layer.height > MAX_PIXELS:
            raise PictureError(
                f"the drawing of the regions has {layer.width} x {layer.height} "
                f"pixels, more than {MAX_PIXELS:,}: draw it on a smaller picture"
            )
        pixels = np.asarray(layer.convert("RGBA"))
        if owner is None:
            owner = np.full(pixels.shape[:2], -1, np.int8)
        elif owner.shape != pixels.shape[:2]:
            raise PictureError("the layers of the regions' drawing differ in size: draw them again")
        painted = pixels[..., 3] >= _VISIBLE
        colors, where = np.unique(
            pixels[painted][:, :3].astype(np.int32) @ (65536, 256, 1), return_inverse=True
        )
        rgb = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=1)
        owner[painted] = _nearer_end(rgb)[where]
    return owner if owner is not None and bool((owner >= 0).any()) else None


def _nearer_end(rgb: np.ndarray) -> np.ndarray:
    """Return the slot of each color [N, 3], int8 [N].

    Where a stroke's soft edge lies on another stroke, a pixel is a mixture of the two, which may be
    closer to the color of a third. So the two colors are found whose mixtures come closest, and
    the nearer of these is taken.
    """
    palette = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in COLORS], float)
    found = np.zeros(len(rgb), np.int8)
    least = np.full(len(rgb), np.inf)
    for a, b in itertools.combinations(range(len(COLORS)), 2):
        way = palette[b] - palette[a]
        share = ((rgb - palette[a]) @ way / (way @ way)).clip(0, 1)
        distance = ((rgb - palette[a] - share[:, None] * way) ** 2).sum(1)
        closer = distance < least
        least[closer] = distance[closer]
        found[closer] = np.where(share[closer] > 0.5, b, a)
    return found
