"""A canvas that remembers colour and thickness of the paint, and a bristle brush for it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from atelier.noise import Array, blur, noise, to_image

FINE = 2
"""Paint is laid on at this many times the final resolution."""


class Canvas:
    """Paint on linen. All lengths in its methods are pixels of the final picture."""

    def __init__(self, ground: Array, rng: np.random.Generator, weave: float = 0.25) -> None:
        """Prime the linen with ``ground`` [H, W, 3] in [0, 1]; ``weave`` is its relief."""
        self.rng = rng
        self.height, self.width = ground.shape[:2]
        self.rgb = ground.repeat(FINE, 0).repeat(FINE, 1).astype(np.float32)
        rows, columns = self.rgb.shape[:2]
        threads = np.sin(np.arange(rows) * 1.15)[:, None] + np.sin(np.arange(columns) * 1.15)
        rough = noise(rng, rows, columns, 5)
        self.relief = (weave * (0.25 * threads + 0.4 * rough)).astype(np.float32)

    def stroke(
        self,
        path: Array,
        width: float,
        tone: Array,
        *,
        dry: float = 0.25,
        streak: float = 0.06,
        thick: float = 1.0,
        opacity: float = 1.0,
        taper: float = 0.3,
        second: Array | None = None,
    ) -> None:
        """Draw one brush stroke.

        Args:
            path: points [N, 2] (x, y).
            width: of the brush.
            tone: colour [3] in [0, 1].
            dry: how much the bristles break up towards the end, 0 to 1.
            streak: how much the bristles differ in brightness.
            thick: how much relief the stroke leaves.
            opacity: of the paint, 0 to 1.
            taper: the share of the stroke's length over which it thins out.
            second: a colour that lies on one side of the brush, unmixed.
        """
        rng = self.rng
        path = path * FINE
        lengths = np.hypot(*np.diff(path, axis=0).T)
        along = np.concatenate([[0], np.cumsum(lengths)])
        if along[-1] < 2:
            return
        samples = max(6, int(along[-1] / 0.72))
        t = np.linspace(0, 1, samples, dtype=np.float32)
        x = np.interp(t * along[-1], along, path[:, 0])
        y = np.interp(t * along[-1], along, path[:, 1])
        dx, dy = np.gradient(x), np.gradient(y)
        size = np.hypot(dx, dy) + 1e-6
        half = width * FINE / 2
        across = max(5, int(width * FINE / 0.72))
        v = np.linspace(-1, 1, across, dtype=np.float32)
        shape = (
            np.minimum(1, (t + 0.02) / 0.1) ** 0.5
            * np.minimum(1, (1.0 - t) / max(taper, 1e-3) + 0.04) ** 0.5
        )
        bristle = _smooth(rng.normal(0, 1, across), 1)
        coarse = _smooth(rng.normal(0, 1, across), max(2, across // 8))
        reach = half * shape[:, None] * (v + 0.06 * np.sin(t[:, None] * 5 + rng.uniform(0, 6)))
        px = np.rint(x[:, None] - dy[:, None] / size[:, None] * reach).astype(np.int32)
        py = np.rint(y[:, None] + dx[:, None] / size[:, None] * reach).astype(np.int32)
        start = 0.06 * rng.random(across) * dry * 2
        empty = 1.02 - dry * (0.5 + 0.5 * coarse) * rng.random(across)
        wet = (t[:, None] >= start) & (t[:, None] <= empty)
        wet &= (px >= 0) & (py >= 0) & (px < self.rgb.shape[1]) & (py < self.rgb.shape[0])
        px, py = px[wet], py[wet]
        value = (streak * (bristle + 0.8 * coarse))[None, :] * np.ones((samples, 1))
        colours = tone + value[..., None]
        if second is not None:
            side = 1 / (1 + np.exp(-6 * (v + 0.4 * coarse)))
            colours = (
                colours * (1 - side[None, :, None])
                + (second + value[..., None]) * side[None, :, None]
            )
        edge = opacity * (1 - np.abs(v) ** 6 * 0.55) * np.clip(1 + 0.18 * bristle, 0.3, 1)
        alpha = (edge[None, :] * np.ones((samples, 1)))[wet][:, None]
        self.rgb[py, px] = self.rgb[py, px] * (1 - alpha) + colours[wet] * alpha
        ridge = 0.5 + 0.45 * bristle + 0.4 * coarse + 0.8 * np.abs(v) ** 5
        body = (thick * ridge[None, :] * (0.7 + 0.5 * t[:, None] ** 3))[wet]
        self.relief[py, px] = self.relief[py, px] * 0.4 + body

    def dab(self, x: float, y: float, radius: float, tone: Array, thick: float = 1.0) -> None:
        """Set one roundish dot of paint with a raised middle."""
        r = radius * FINE
        left, top = int(x * FINE - r - 2), int(y * FINE - r - 2)
        right, bottom = int(x * FINE + r + 3), int(y * FINE + r + 3)
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, self.rgb.shape[1]), min(bottom, self.rgb.shape[0])
        if left >= right or top >= bottom:
            return
        yy, xx = np.mgrid[top:bottom, left:right]
        dy, dx = yy - y * FINE, xx - x * FINE
        turn = self.rng.uniform(0, 6.28)
        wobble = 1 + 0.15 * np.sin(3 * np.arctan2(dy, dx) + turn)
        stretch = 1 + 0.25 * np.cos(2 * (np.arctan2(dy, dx) - turn))
        far = np.hypot(dx, dy) / (r * wobble * stretch)
        alpha = np.clip((1 - far) * r, 0, 1)[..., None]
        part = np.s_[top:bottom, left:right]
        self.rgb[part] = self.rgb[part] * (1 - alpha) + tone * alpha
        dome = thick * np.sqrt(np.clip(1 - far**2, 0, 1)) * alpha[..., 0]
        self.relief[part] = self.relief[part] * (1 - alpha[..., 0]) + dome * alpha[..., 0]

    def picture(self, light: float = 0.16, gloss: float = 0.0) -> Image.Image:
        """Light the relief from the upper left and give the picture at its final size."""
        relief = blur(self.relief, 1)
        gy, gx = np.gradient(relief)
        shade = np.clip(-(gx * 0.7 + gy) * 1.1, -1.2, 1.2)
        lit = self.rgb * (1 + 2.2 * light * np.minimum(shade, 0))[..., None]
        lit += light * np.maximum(shade, 0)[..., None] * (0.35 + 0.65 * self.rgb)
        if gloss:
            lit += gloss * np.clip(shade - 0.45, 0, 1)[..., None]
        rows, columns = self.height, self.width
        lit = lit.reshape(rows, FINE, columns, FINE, 3).mean((1, 3))
        return to_image(lit)


def _smooth(values: Array, radius: int) -> Array:
    """Smooth noise along one axis and bring its deviation back to one, within [-2, 2]."""
    kernel = np.ones(2 * radius + 1) / (2 * radius + 1)
    out = np.convolve(np.pad(values, radius, mode="edge"), kernel, mode="valid")
    out = out - out.mean()
    return np.clip(out / (out.std() + 1e-6), -2, 2).astype(np.float32)


def follow(angle: Array, starts: Array, length: float | Array, steps: int = 9) -> Array:
    """Trace paths [N, steps, 2] from ``starts`` [N, 2] (x, y) along the field ``angle`` [H, W]."""
    height, width = angle.shape
    points = [np.asarray(starts, np.float32)]
    stride = np.broadcast_to(np.asarray(length, np.float32), (len(starts),))[:, None] / (steps - 1)
    for _ in range(steps - 1):
        x = np.clip(points[-1][:, 0], 0, width - 1).astype(int)
        y = np.clip(points[-1][:, 1], 0, height - 1).astype(int)
        a = angle[y, x]
        points.append(points[-1] + stride * np.stack([np.cos(a), np.sin(a)], 1))
    return np.stack(points, 1)


def lay(
    canvas: Canvas,
    target: Array,
    angle: Array,
    width: float,
    length: float,
    *,
    cover: float = 2.0,
    vary: float = 0.05,
    where: Array | None = None,
    two: float = 0.0,
    hue: float = 0.03,
    **brush: float,
) -> None:
    """Cover the canvas with strokes that take their colours from ``target`` [H, W, 3].

    Args:
        canvas: where to paint.
        target: the colours.
        angle: stroke directions [H, W] in radians.
        width: of the strokes; they vary by a third.
        length: of the strokes.
        cover: how many times over the strokes cover the canvas.
        vary: how much strokes differ in brightness.
        where: [H, W] in [0, 1], how likely a stroke starts there.
        two: share of strokes loaded with a second, neighbouring colour.
        hue: how much strokes differ in hue.
        brush: what :meth:`Canvas.stroke` takes.
    """
    rng = canvas.rng
    height, wide = angle.shape
    count = int(cover * height * wide / (width * length))
    count = int(count * (1 + width / wide) * (1 + width / height))
    starts = rng.uniform((-width, -width), (wide + width, height + width), (count, 2))
    if where is not None:
        column = np.clip(starts[:, 0], 0, wide - 1).astype(int)
        chance = where[np.clip(starts[:, 1], 0, height - 1).astype(int), column]
        starts = starts[rng.random(len(starts)) < chance]
    lengths = length * rng.uniform(0.6, 1.3, len(starts))
    paths = follow(angle, starts, lengths)
    paths -= (paths[:, 4:5] - starts[:, None]) * 0.5
    for path in paths:
        x, y = np.clip(path[4], 0, (wide - 1, height - 1)).astype(int)
        tone = target[y, x] * (1 + vary * rng.normal()) + hue * rng.normal(0, 1, 3)
        second = None
        if rng.random() < two:
            x, y = np.clip(
                path[4] + rng.normal(0, width * 1.5, 2), 0, (wide - 1, height - 1)
            ).astype(int)
            second = target[y, x] * (1 + 2 * vary * rng.normal())
        canvas.stroke(path, width * rng.uniform(0.65, 1.2), tone, second=second, **brush)
