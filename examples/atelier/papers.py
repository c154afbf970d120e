"""Water, ink and charcoal on paper."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from atelier.canvas import Canvas
from atelier.noise import Array, blur, colour, grid, mix, noise, palette, ramp, step, to_image
from atelier.prints import seal


class Sheet:
    """Watercolour paper: pigments subtract from it, gather at edges and settle in its grain."""

    def __init__(self, height: int, width: int, tone: str, rng: np.random.Generator) -> None:
        """Cut a sheet of the given size and colour."""
        self.rng = rng
        self.shape = height, width
        self.grain = 0.6 * noise(rng, height, width, 3, 2) + 0.4 * noise(rng, height, width, 7)
        self.rgb = np.ones((height, width, 3), np.float32) * colour(tone)

    def wash(
        self,
        mask: Array,
        tone: Array | str,
        strength: float = 1.0,
        *,
        rough: float = 5.0,
        edge: float = 0.5,
        bloom: float = 0.35,
        wet: float = 0.0,
    ) -> None:
        """Lay a wash over ``mask`` [H, W] in [0, 1].

        Args:
            mask: where.
            tone: colour of the wash on white paper, one or [H, W, 3].
            strength: how much pigment.
            rough: pixels by which the edge wanders.
            edge: how much pigment gathers at the edge.
            bloom: how uneven the pigment lies.
            wet: softness of the edge in pixels; below one it is crisp.
        """
        rows, columns = np.nonzero(mask > 0.01)
        if not len(rows):
            return
        part = np.s_[
            max(0, rows.min() - 40) : rows.max() + 40,
            max(0, columns.min() - 40) : columns.max() + 40,
        ]
        mask, grain = mask[part], self.grain[part]
        height, width = mask.shape
        tone = colour(tone) if isinstance(tone, str) else tone[part]
        near = blur(mask, max(rough, 1.0))
        wander = noise(self.rng, height, width, 26, 3) * 0.34 + 0.1 * grain
        inside = step(near + wander * min(1.0, rough / 6), 0.44, 0.56)
        if wet >= 1:
            inside = blur(inside, wet)
        rim = np.clip(inside - blur(inside, 3.5), 0, 1) * 2.2 * inside
        amount = inside * (1 + bloom * noise(self.rng, height, width, 70, 3)) + edge * rim
        amount = amount * (1 + 0.22 * grain)
        absorbed = -np.log(np.clip(tone, 0.02, 0.995))
        self.rgb[part] *= np.exp(-absorbed * (strength * np.clip(amount, 0, 3))[..., None])

    def picture(self) -> Image.Image:
        """Light the grain of the paper."""
        gy, gx = np.gradient(self.grain)
        return to_image(self.rgb * (1 - 0.045 * (gx + gy))[..., None])


def quiet_lagoon(rng: np.random.Generator) -> Image.Image:
    """Old town on a lagoon at dawn, in watercolour."""
    height, width = 576, 768
    y, x = grid(height, width)
    sheet = Sheet(height, width, "faf6ec", rng)
    full = np.ones((height, width), np.float32)
    border = np.minimum(np.minimum(x, width - x), np.minimum(y, height - y)) > 20
    full = full * border
    cloud = step(noise(rng, height, width, 170, 3, 2), -0.1, 0.35)
    sheet.wash(
        full * (y < 285) * (1 - 0.85 * cloud),
        ramp(palette("7fa9d6 b5cbe6 f4ddc8"), y / 285),
        1.0,
        rough=5,
        edge=0.7,
        wet=5,
        bloom=0.6,
    )
    sheet.wash(full * (y > 130) * (y < 300), "fbcf9f", 0.75, rough=18, edge=0.1, wet=16)
    sheet.wash(
        full * step(noise(rng, height, width, 120, 2, 3) * (y < 170), 0.3, 0.4),
        "a99cc0",
        0.6,
        rough=9,
        wet=5,
        edge=0.4,
    )
    hills = 246 - 30 * np.exp(-(((x - 140) / 130) ** 2)) - 20 * np.exp(-(((x - 560) / 170) ** 2))
    sheet.wash(full * (y > hills) * (y < 292), "8fa3c4", 0.9, rough=3, edge=0.7)
    town = Image.new("L", (width, height))
    draw = ImageDraw.Draw(town)
    walls: list[tuple[float, float, float, str]] = []
    at = 150.0
    while at < 690:
        wide, tall = rng.uniform(20, 44), rng.uniform(26, 70)
        walls.append(
            (at, wide, tall, ["e8b98a", "d99a6c", "f0d3a4", "c98872", "e6c7b0"][rng.integers(5)])
        )
        at += wide + rng.uniform(-3, 3)
    for left, wide, tall, tone in walls:
        box = (x > left) & (x < left + wide) & (y > 294 - tall) & (y < 296)
        sheet.wash(full * box, tone, 1.0, rough=1.2, edge=1.0, wet=0.8)
        sheet.wash(full * box * (x > left + wide * 0.62), "8c86a8", 0.6, rough=1.2, wet=0.8)
        roof = (
            (np.abs(x - left - wide / 2) < wide / 2 + 4 - (294 - tall - y) * 0.9)
            & (y > 294 - tall - 13)
            & (y < 295 - tall)
        )
        sheet.wash(full * roof, "b4523a", 1.1, rough=1, edge=1.1, wet=0.7)
        for row in np.arange(294 - tall + 8, 284, 15):
            for column in np.arange(left + 5, left + wide - 6, 9.5):
                draw.rectangle((column, row, column + 3, row + 7), fill=255)
    dome = (np.hypot(x - 330, (y - 212) * 1.0) < 40) & (y < 214)
    drum = (np.abs(x - 330) < 36) & (y >= 212) & (y < 250)
    lantern = (np.abs(x - 330) < 6) & (y > 152) & (y < 176)
    sheet.wash(full * (dome | lantern), "7f9cae", 1.3, rough=1.5, edge=1.1, wet=0.8)
    sheet.wash(full * drum, "e4c9a4", 1.0, rough=1.2, edge=1)
    sheet.wash(full * (dome | drum) * (x > 342), "5f6f98", 0.8, rough=2)
    tower = (np.abs(x - 540) < 14) & (y > 128) & (y < 295)
    spire = (np.abs(x - 540) < (y - 84) * 0.34) & (y > 84) & (y < 130)
    sheet.wash(full * tower, "cf8a62", 1.1, rough=1.2, edge=1)
    sheet.wash(full * spire, "5f8a84", 1.3, rough=1.2, edge=1)
    sheet.wash(full * (tower | spire) * (x > 545), "5f5a86", 0.9, rough=1.5)
    sheet.wash(full * np.asarray(town, np.float32) / 255, "4a4466", 1.1, rough=1, wet=0.6)
    water = full * (y > 297)
    sheet.wash(
        water,
        ramp(palette("f4d8b8 b7cfdc 7fb0c8 4f8cb0"), (y - 297) / 250),
        1.0,
        rough=3,
        edge=0.9,
        bloom=0.5,
    )
    sway = x + 9 * np.sin(y / 4.5) * (y - 290) / 160
    for left, wide, tall, tone in walls:
        glint = (
            (sway > left)
            & (sway < left + wide)
            & (y < 298 + tall * 1.1)
            & (np.sin(y / 3.2 + left) > -0.35)
        )
        sheet.wash(water * glint, tone, 0.7, rough=1.6)
    for left, right, bottom, tone in ((526, 554, 460, "b0745c"), (296, 364, 390, "6f8a9c")):
        glint = (sway > left) & (sway < right) & (y < bottom) & (np.sin(y / 3.4) > -0.2)
        sheet.wash(water * glint, tone, 0.9, rough=1.8)
    for row in np.arange(330, 560, 13.0):
        ripple = np.abs(y - row - 3 * np.sin(x / 31 + row)) < 1.2 + (row - 320) / 70
        patchy = noise(rng, height, width, 26, 2, 3) > 0.25
        sheet.wash(water * ripple * patchy, "3f6f9c", 0.6, rough=1.6, edge=0.8)
    for cx, cy, size, tone in (
        (215, 430, 1.2, "c8553a"),
        (420, 372, 0.6, "d9a04a"),
        (610, 468, 1.5, "3f6a8c"),
        (95, 350, 0.5, "b5655a"),
    ):
        u, v = (x - cx) / size, (y - cy) / size
        sail = (v < 0) & (v > -92) & (u > 3) & (u < 3 + (v + 92) * 0.5)
        jib = (v < 0) & (v > -70) & (u < -2) & (u > -2 - (v + 70) * 0.36)
        hull = (np.abs(u) < 50 - np.clip(v - 4, 0, 12) * 1.4) & (v > 4) & (v < 16)
        sheet.wash(full * sail, tone, 1.1, rough=1.5 * size, edge=1.0)
        sheet.wash(full * jib, "e6c48a", 1.0, rough=1.5 * size, edge=1.0)
        sheet.wash(full * hull, "3a3450", 1.5, rough=1.2, edge=1.0)
        sheet.wash(full * (np.abs(u) < 1.4) * (v > -98) * (v < 6), "3a2f38", 1.3, rough=1, wet=0.5)
        mirror = (
            (v > 17)
            & (v < 62)
            & (np.abs(u + 6 * np.sin(v / 3)) < 34 - v * 0.4)
            & (np.sin(v * 0.9) > -0.3)
        )
        sheet.wash(water * mirror, tone, 0.8, rough=1.8)
    drops = Image.new("L", (width, height))
    draw = ImageDraw.Draw(drops)
    for _ in range(60):
        px, py, r = rng.uniform(20, 748), rng.uniform(20, 556), abs(rng.normal(0, 1.6)) + 0.6
        draw.ellipse((px - r, py - r, px + r, py + r), fill=255)
    sheet.wash(np.asarray(drops, np.float32) / 255, "6f8fb4", 0.8, rough=1, edge=1)
    return sheet.picture()


def ink_mountains(rng: np.random.Generator) -> Image.Image:
    """Misty peaks in diluted ink on rice paper."""
    height, width = 768, 576
    y, x = grid(height, width)
    sheet = Sheet(height, width, "eee6d2", rng)
    sheet.rgb = sheet.rgb * (1 + 0.03 * noise(rng, height, width, 200, 3))[..., None]
    canvas = Canvas(sheet.rgb, rng, weave=0.05)
    base = sheet.rgb
    ink = colour("1a1d22")
    rows = np.arange(height)[:, None]
    for n, (foot, tall, depth, dark) in enumerate(
        ((300, 150, 130, 0.22), (390, 240, 170, 0.36), (500, 300, 200, 0.55), (640, 250, 190, 0.8))
    ):
        ridge = np.full(width, float(foot))
        for _ in range(4 + n):
            px, sharp = rng.uniform(-30, width + 30), rng.uniform(36, 92)
            rise = tall * rng.uniform(0.4, 1.0)
            ridge = np.minimum(
                ridge, foot - rise * np.exp(-((np.abs(np.arange(width) - px) / sharp) ** 1.35))
            )
        rough = noise(rng, 2, width, 34, 4)[0] * 16 + noise(rng, 2, width, 7, 2)[0] * 4
        ridge = ridge + rough
        deep = rows - ridge[None]
        body = step(deep, -1.2, 1.2)
        folds = noise(rng, height, width, 46, 4, 0.5) + 0.6 * np.sin((x + 0.35 * deep) / 17 + n)
        fade = np.exp(-np.clip(deep, 0, None) / depth) * (0.62 + 0.42 * folds)
        edge = np.exp(-np.clip(deep, 0, None) / 5) * 0.35
        mist = 1 - 0.85 * step(noise(rng, height, width, 120, 2, 3) + deep / 160, 0.3, 1.0)
        amount = np.clip(dark * body * (fade * mist + edge), 0, 0.93) * (1 + 0.16 * sheet.grain)
        base = mix(base, ink, amount)
        _texture(canvas, base, ridge, dark, depth, rng)
        base = canvas_now(canvas)
    _shore(canvas, rng)
    rgb = canvas_now(canvas)
    mark = seal(46, rng)
    part = np.s_[52:98, 500:546]
    rgb[part] = mix(rgb[part], colour("b3261e"), 0.9 * mark)
    sun = np.hypot(x - 150, y - 120)
    rgb = mix(rgb, colour("c4553c"), 0.55 * step(-sun, -35, -33) * (0.85 + 0.2 * sheet.grain))
    sheet.rgb = rgb
    return sheet.picture()


def canvas_now(canvas: Canvas) -> Array:
    """Return the canvas's colours at the final size."""
    height, width = canvas.height, canvas.width
    return canvas.rgb.reshape(height, 2, width, 2, 3).mean((1, 3))


def _texture(
    canvas: Canvas, base: Array, ridge: Array, dark: float, depth: float, rng: np.random.Generator
) -> None:
    """Set dry brush strokes down the slopes and trees on the ridge."""
    canvas.rgb = base.repeat(2, 0).repeat(2, 1)
    width = len(ridge)
    slope = np.gradient(np.convolve(np.pad(ridge, 12, mode="edge"), np.ones(25) / 25, mode="valid"))
    for _ in range(int(520 * dark + 60)):
        px = rng.uniform(0, width - 1)
        py = ridge[int(px)] + abs(rng.normal(0, depth * 0.35))
        lean = slope[int(px)] * 0.25 + rng.normal(0, 0.2)
        long = rng.uniform(14, 46)
        path = np.array(
            [(px, py), (px + lean * long * 0.5 + 2, py + long * 0.5), (px + lean * long, py + long)]
        )
        fade = np.exp(-(py - ridge[int(px)]) / depth)
        canvas.stroke(
            path,
            rng.uniform(2, 6),
            colour("16181c"),
            dry=1.0,
            streak=0.02,
            thick=0,
            opacity=float(dark * 0.5 * fade),
            taper=0.7,
        )
    for _ in range(int(130 * dark)):
        px = rng.uniform(4, width - 4)
        py = ridge[int(px)] + rng.normal(0, 3)
        for _ in range(5):
            canvas.dab(
                px + rng.normal(0, 3.2),
                py - abs(rng.normal(0, 4.5)),
                rng.uniform(0.8, 2.2),
                colour("23262b") * 1.0 + (1 - dark) * 0.3,
                0,
            )


def _shore(canvas: Canvas, rng: np.random.Generator) -> None:
    """Set a pine, water lines and a boat in the foreground."""
    black = colour("121316")
    for _ in range(70):
        px, py = rng.uniform(0, 560), rng.uniform(655, 750)
        long = rng.uniform(20, 90)
        canvas.stroke(
            np.array([(px, py), (px + long / 2, py + 1.5), (px + long, py)]),
            1.6,
            black,
            dry=0.9,
            thick=0,
            opacity=0.3,
            taper=0.6,
        )
    canvas.stroke(
        np.array([(372, 694), (400, 706), (446, 706), (478, 692)]), 8, black, thick=0, taper=0.3
    )
    canvas.stroke(
        np.array([(405, 696), (412, 676), (440, 676), (448, 696)]), 4, black, thick=0, taper=0.2
    )
    canvas.stroke(np.array([(466, 690), (464, 660)]), 2.4, black, thick=0, taper=0.3)
    canvas.dab(464, 657, 4, black, 0)
    canvas.stroke(np.array([(464, 664), (458, 690)]), 7, black, thick=0, taper=0.3, opacity=0.85)
    canvas.stroke(np.array([(440, 640), (490, 716)]), 1.4, black, thick=0, taper=0.1)
    trunk = np.array([(58, 768), (70, 700), (52, 640), (84, 580), (74, 520), (104, 468)])
    canvas.stroke(trunk, 17, black, dry=0.4, thick=0, taper=0.75, opacity=0.92)
    for px, py, reach, up in (
        (70, 640, 96, -26),
        (80, 585, -70, -20),
        (78, 545, 105, -34),
        (84, 515, -62, -30),
        (100, 478, 74, -26),
        (98, 474, -48, -24),
    ):
        path = np.array([(px, py), (px + reach * 0.5, py + up * 0.3), (px + reach, py + up)])
        canvas.stroke(path, 5, black, dry=0.5, thick=0, taper=0.7)
        for part in np.linspace(0.3, 1.05, 7):
            cx, cy = px + reach * part, py + up * part**1.4 - 4
            for a in rng.uniform(np.pi * 1.05, np.pi * 1.95, 34):
                r = rng.uniform(9, 19)
                canvas.stroke(
                    np.array([(cx, cy), (cx + r * np.cos(a), cy + 0.75 * r * np.sin(a))]),
                    1.2,
                    black,
                    thick=0,
                    opacity=0.6,
                    dry=0.2,
                    taper=0.7,
                )
