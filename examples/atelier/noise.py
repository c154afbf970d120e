"""Smooth noise, blurring and colour helpers, all on plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]


def colour(text: str) -> Array:
    """Return ``"rrggbb"`` as three floats in [0, 1]."""
    return np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def palette(text: str) -> Array:
    """Return ``"rrggbb rrggbb ..."`` as [K, 3] floats in [0, 1]."""
    return np.stack([colour(word) for word in text.split()])


def enlarge(small: Array, height: int, width: int) -> Array:
    """Bring [h, w] to [height, width] by bicubic interpolation."""
    image = Image.fromarray(np.asarray(small, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32)


def noise(
    rng: np.random.Generator,
    height: int,
    width: int,
    cell: float,
    octaves: int = 1,
    stretch: float = 1.0,
) -> Array:
    """Return fractal noise, mean about 0 and range about [-1, 1], with features of ``cell`` pixels.

    ``stretch`` above one makes the features that much longer along x.
    """
    total = np.zeros((height, width), np.float32)
    gain, norm = 1.0, 0.0
    for _ in range(octaves):
        rows = max(2, round(height / cell) + 2)
        columns = max(2, round(width / (cell * stretch)) + 2)
        total += gain * enlarge(rng.uniform(-1, 1, (rows, columns)), height, width)
        norm += gain
        gain, cell = gain * 0.5, max(cell / 2, 1.0)
    return total / norm * 1.4


def blur(field: Array, radius: float) -> Array:
    """Blur [H, W] or [H, W, C] by three box filters, near to a Gaussian of sigma ``radius``."""
    size = max(1, round(radius))
    out = np.asarray(field, np.float32)
    for _ in range(3):
        for axis in (0, 1):
            pad = [(0, 0)] * out.ndim
            pad[axis] = (size + 1, size)
            total = np.cumsum(np.pad(out, pad, mode="edge"), axis=axis, dtype=np.float64)
            span = 2 * size + 1
            count = total.shape[axis] - span
            high = total[span:] if axis == 0 else total[:, span:]
            low = total[:count] if axis == 0 else total[:, :count]
            out = ((high - low) / span).astype(np.float32)
    return out


def mix(a: Array, b: Array, amount: Array | float) -> Array:
    """Blend two colours or pictures; ``amount`` [H, W] or a number, 0 gives ``a``."""
    amount = np.asarray(amount, np.float32)
    if amount.ndim == 2:
        amount = amount[..., None]
    return a * (1 - amount) + b * amount


def step(x: Array, low: float, high: float) -> Array:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def ramp(stops: Array, t: Array) -> Array:
    """Look up ``t`` in [0, 1] on evenly spaced colours ``stops`` [K, 3]."""
    where = np.clip(t, 0, 1) * (len(stops) - 1)
    index = np.minimum(where.astype(int), len(stops) - 2)
    part = (where - index)[..., None]
    return (stops[index] * (1 - part) + stops[index + 1] * part).astype(np.float32)


def grid(height: int, width: int) -> tuple[Array, Array]:
    """Return the pixel coordinates y and x, each [H, W]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y, x


def to_image(rgb: Array) -> Image.Image:
    """Return [H, W, 3] in [0, 1] as a picture."""
    return Image.fromarray((np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8))
