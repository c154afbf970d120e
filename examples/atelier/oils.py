"""Thick paint: brushes and knives on canvas."""

from __future__ import annotations

import numpy as np
from PIL import Image

from atelier.canvas import Canvas, lay
from atelier.noise import Array, blur, colour, grid, mix, noise, palette, ramp, step


def swirling_night(rng: np.random.Generator) -> Image.Image:
    """Whirling night sky over a sleeping bay with a lighthouse."""
    height, width = 608, 768
    y, x = grid(height, width)
    flow = noise(rng, height, width, 260, 2) * 90
    angle_x, angle_y = np.ones_like(x) * 0.9, 0.15 * np.sin(x / 90)
    gy, gx = np.gradient(flow)
    angle_x, angle_y = angle_x + gy * 2.2, angle_y - gx * 2.2
    glow = np.zeros_like(x)
    lamps = [
        (150, 120, 58, 1),
        (395, 210, 92, -1),
        (610, 105, 74, 1),
        (262, 62, 26, 1),
        (500, 66, 24, -1),
        (705, 236, 30, 1),
        (70, 262, 26, -1),
        (300, 318, 22, 1),
        (560, 300, 28, -1),
    ]
    for cx, cy, r, sign in lamps:
        dx, dy = x - cx, y - cy
        far = np.hypot(dx, dy)
        pull = 6 * np.exp(-((far / (1.5 * r)) ** 2))
        angle_x += sign * -dy / (far + 6) * pull
        angle_y += sign * dx / (far + 6) * pull
        rings = 0.72 + 0.28 * np.cos(far / r * 9.5)
        glow = np.maximum(glow, np.exp(-((far / (0.72 * r)) ** 2)) * rings)
    angle = np.arctan2(angle_y, angle_x)
    band = 0.5 + 0.5 * np.sin(flow / 7 + y / 26 + 1.2 * noise(rng, height, width, 60))
    sky = ramp(
        palette("0b1a4a 12307c 1d55a8 3f86c6 8fbfd8 d6e6d8"),
        0.08 + 0.55 * band + 0.25 * noise(rng, height, width, 120, 2),
    )
    sky = mix(sky, ramp(palette("2a6cae 9cc9b4 f2dd7e f9c23c fff3b8"), glow), step(glow, 0.1, 0.5))
    shore = 408 + 26 * np.sin(x / 95) + 18 * np.sin(x / 41 + 1)
    hills = ramp(
        palette("0e2430 17403f 24605a 3f7f6c"),
        0.5 + 0.5 * np.sin((y - shore) / 9 + 2 * noise(rng, height, width, 80)),
    )
    target = mix(sky, hills, step(y - shore, -2, 2))
    bay = 486 + 10 * np.sin(x / 70 + 2)
    water = ramp(
        palette("071338 0f2f6e 1f5a9a 5aa0c4"),
        0.35 + 0.3 * np.sin(y / 6) + 0.3 * noise(rng, height, width, 40, 2, 4),
    )
    for cx, _, r, _ in lamps[:3]:
        path = np.exp(-(((x - cx) / (r * 0.45)) ** 2)) * (0.5 + 0.5 * np.sin(y / 5))
        water = mix(water, colour("f4cf62"), 0.85 * path)
    sea = step(y - bay, -2, 2)
    target = mix(target, water, sea)
    angle = np.where(y > shore, 0.25 * np.cos(x / 60), angle)
    angle = np.where(y > bay, 0.12 * np.sin(x / 50 + y / 20), angle)
    canvas = Canvas(mix(target * 0, colour("27476e"), 1.0) * np.ones_like(target), rng)
    common = {"dry": 0.35, "streak": 0.055, "thick": 1.2}
    lay(canvas, target, angle, 17, 74, cover=2.2, two=0.3, **common)
    lay(canvas, target, angle, 9, 52, cover=2.4, vary=0.12, two=0.35, **common)
    lay(
        canvas,
        target,
        angle,
        5,
        28,
        cover=2.0,
        vary=0.15,
        where=0.25 + 0.75 * step(glow, 0.05, 0.4),
        **common,
    )
    for cx, cy, r, _ in lamps:
        for _ in range(int(r / 2)):
            canvas.dab(
                *(rng.normal(0, r * 0.13, 2) + np.array([cx, cy])),
                rng.uniform(2, 0.07 * r + 3),
                colour("fff0a8") + rng.normal(0, 0.04, 3),
                2.0,
            )
    _village(canvas, rng, shore)
    return canvas.picture(0.2)


def _village(canvas: Canvas, rng: np.random.Generator, shore: Array) -> None:
    """Set houses with lit windows on the shore, and a lighthouse."""
    for x in np.arange(30, 560, 27.0):
        x += rng.uniform(-8, 8)
        base = float(shore[0, int(x)]) + rng.uniform(34, 62)
        wide, tall = rng.uniform(16, 24), rng.uniform(12, 22)
        wall = palette("2b4a78 3c5f86 24405e 51708a")[rng.integers(4)]
        roof = palette("141b33 3a2438 1c2a3f 54303a")[rng.integers(4)]
        for k in np.arange(0, tall, 4):
            canvas.stroke(np.array([(x, base - k), (x + wide, base - k)]), 5, wall, taper=0.05)
        for k in (0, 4):
            canvas.stroke(
                np.array(
                    [
                        (x - 4, base - tall + k),
                        (x + wide / 2, base - tall - 11 + k),
                        (x + wide + 4, base - tall + k),
                    ]
                ),
                5,
                roof,
                taper=0.1,
            )
        canvas.stroke(
            np.array([(x + 6, base - 8), (x + 6, base - 2)]),
            5,
            colour("ffd75e"),
            thick=2,
            taper=0.05,
        )
    for k in np.arange(0, 150, 3.5):
        half = 11 + k * 0.045
        tone = colour("d8dccb") if int(k / 25) % 2 else colour("b2453c")
        canvas.stroke(np.array([(655 - half, 350 + k), (655 + half, 350 + k)]), 5, tone, taper=0.05)
    canvas.stroke(np.array([(642, 340), (668, 340)]), 17, colour("ffe27a"), thick=2, taper=0.05)
    canvas.stroke(np.array([(638, 348), (672, 348)]), 5, colour("1a2038"), taper=0.05)
    canvas.stroke(np.array([(640, 331), (655, 320), (670, 331)]), 7, colour("7e2c31"), taper=0.05)


def warm_portrait(rng: np.random.Generator) -> Image.Image:
    """Head and shoulders by lamplight, in ochre, umber and vermilion."""
    height, width = 768, 608
    y, x = grid(height, width)
    cx, cy = 312.0, 306.0
    back = ramp(
        palette("1d120c 3a2415 6a4423 94662f"),
        0.35
        + 0.35 * np.exp(-(((x - 150) / 190) ** 2 + ((y - 220) / 260) ** 2))
        + 0.22 * noise(rng, height, width, 130, 3),
    )
    u, v = (x - cx) / 118, (y - cy) / 158
    inside = u**2 * (1 + 0.22 * np.clip(v, 0, 2)) ** 2 + v**2
    depth = np.sqrt(np.clip(1 - inside, 0, 1))
    light = np.clip(-0.62 * u - 0.38 * v + 0.72 * depth, 0, 1.2)
    features = np.zeros_like(x)
    for side, strength in ((-1, 1.0), (1, 0.8)):
        ex, ey = cx - 6 + side * 45, cy - 22
        features -= strength * 0.34 * _spot(x, y, ex, ey, 29, 17)
        features -= 0.42 * strength * _spot(x, y, ex, ey - 21, 32, 5)
        features += 0.2 * _spot(x, y, ex + side * 10, ey + 50, 26, 20)
    features += 0.34 * _spot(x, y, cx - 13, cy + 18, 8, 42) + 0.28 * _spot(
        x, y, cx - 12, cy + 54, 14, 9
    )
    features -= 0.36 * _spot(x, y, cx + 13, cy + 36, 10, 36) + 0.34 * _spot(
        x, y, cx - 4, cy + 70, 24, 6
    )
    features += 0.16 * _spot(x, y, cx - 6, cy + 132, 26, 16) - 0.22 * _spot(
        x, y, cx - 4, cy + 113, 30, 6
    )
    skin = ramp(palette("35160e 6d2f1a a9552d d48a50 efbd82 fbe3b4"), light + features)
    cheek = _spot(x, y, cx - 62, cy + 42, 34, 28) + 0.8 * _spot(x, y, cx + 46, cy + 44, 30, 28)
    skin = mix(skin, skin * colour("ff9a78") * 1.05, 0.5 * np.clip(cheek, 0, 1))
    lips = _spot(x, y, cx - 6, cy + 90, 33, 10)
    skin = mix(
        skin,
        mix(colour("a8322a"), colour("5e1917"), step(y - cy, 86, 94)),
        np.clip(1.4 * lips, 0, 0.95),
    )
    shawl_top = 545 - 90 * np.exp(-(((x - cx) / 150) ** 2)) + 0.0006 * (x - cx) ** 2
    folds = 0.5 + 0.5 * np.sin(
        (x - cx) / 24 + (y / 50) * np.sign(x - cx) + noise(rng, height, width, 90)
    )
    shawl = ramp(
        palette("3c0d0c 7c1d14 b9381d dd6a2c f0a54a"),
        0.75 * folds * (1.1 - (x / width)) + 0.15 + 0.1 * noise(rng, height, width, 40),
    )
    neck = (np.abs(x - cx - 6) < 60 + 0.25 * np.abs(y - 500)) & (y > 400)
    tone = ramp(
        palette("35160e 7a3a20 b8713f dca468"), 0.75 - (x - cx + 60) / 150 - (y - 400) / 700
    )
    target = mix(back, tone, blur(neck.astype(np.float32), 3))
    target = mix(target, shawl, step(y - shawl_top, -3, 3))
    hair_mass = (
        ((x - cx) / 156) ** 2 + ((y - cy + 38) / 186) ** 2 + 0.1 * noise(rng, height, width, 60)
    )
    knot = ((x - cx - 105) / 66) ** 2 + ((y - cy - 70) / 92) ** 2
    hair = ramp(
        palette("120a08 2c150c 552a12 8f5420 c58a3c"),
        0.32
        + 0.34
        * np.sin(np.hypot(x - cx + 60, (y - cy + 160)) / 7)
        * np.clip(1 - (x - 160) / 330, 0, 1)
        + 0.2 * noise(rng, height, width, 30),
    )
    mass = np.maximum(step(-hair_mass, -1.08, -0.98), step(-knot, -1.1, -0.95))
    target = mix(target, hair, mass * step(shawl_top + 40 - y, -10, 10))
    fringe = inside + 0.75 * step(-(v + 0.52 - 0.28 * np.abs(u + 0.1) ** 1.5), -0.05, 0.06)
    face = step(-fringe, -1.0, -0.93)
    target = mix(target, skin, face)
    angle = np.arctan2(y - cy, x - cx) + np.pi / 2 + 0.4 * noise(rng, height, width, 90)
    angle = np.where(
        face > 0.5,
        0.75 * np.arctan2(v * 118, u * 158 + 0.01) + 1.9 + 0.5 * noise(rng, height, width, 60),
        angle,
    )
    angle = np.where(
        y > shawl_top,
        1.1 * np.sign(x - cx) * -1 + 1.57 + 0.4 * noise(rng, height, width, 80),
        angle,
    )
    canvas = Canvas(np.ones_like(target) * colour("5a3820"), rng)
    common = {"dry": 0.4, "streak": 0.05, "thick": 1.0}
    lay(canvas, target, angle, 30, 96, cover=2.2, two=0.25, hue=0.02, **common)
    lay(
        canvas,
        target,
        angle,
        15,
        52,
        cover=2.4,
        two=0.2,
        hue=0.02,
        where=0.25 + 0.75 * np.clip(face + mass + step(y - shawl_top, 0, 4), 0, 1),
        **common,
    )
    focus = np.clip(face + 0.4 * mass, 0, 1)
    lay(canvas, target, angle, 8, 26, cover=3.2, hue=0.018, vary=0.035, where=focus, **common)
    near = np.clip(_spot(x, y, cx, cy + 20, 110, 105), 0, 1)
    lay(
        canvas,
        target,
        angle,
        4.5,
        13,
        cover=2.6,
        hue=0.012,
        vary=0.02,
        where=near,
        streak=0.03,
        thick=0.7,
        dry=0.2,
    )
    for side in (-1, 1):
        ex, ey = cx - 6 + side * 45, cy - 20
        arc = np.array([(ex + k, ey - 7 + 0.014 * k * k) for k in range(-22, 23, 4)], float)
        canvas.stroke(arc, 5, colour("23100a"), taper=0.4)
        canvas.stroke(
            arc + np.array([0, 9]), 9, colour("d9b48a") * (1.0 if side < 0 else 0.75), taper=0.5
        )
        canvas.dab(ex - 2, ey + 2, 8.5, colour("2a1a10"))
        canvas.dab(ex - 5, ey - 1, 2.4, colour("fff4d8"), 2)
        canvas.stroke(arc + np.array([0, 17]), 3, colour("6d3420"), taper=0.5)
    return canvas.picture(0.17)


def _spot(x: Array, y: Array, cx: float, cy: float, rx: float, ry: float) -> Array:
    """Return a soft elliptical spot, 1 in its middle."""
    return np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)


def knife_birches(rng: np.random.Generator) -> Image.Image:
    """Autumn birches, laid on with a palette knife."""
    height, width = 640, 640
    y, x = grid(height, width)
    canopy = ramp(
        palette("7a1f12 c2401a e87722 f6a61d fbd24a f4e7a0"),
        0.5 + 0.5 * noise(rng, height, width, 90, 3) + 0.25 * (1 - y / 320),
    )
    ground = ramp(
        palette("3b1a22 7b2b24 c4571f e8952a 5d4a7a"),
        0.5 + 0.6 * noise(rng, height, width, 70, 3, 3),
    )
    far = ramp(palette("28506e 4d86a0 93b9b5 d8d8b0"), 0.5 + 0.7 * noise(rng, height, width, 80, 2))
    target = mix(
        canopy,
        far,
        np.exp(-(((y - 390) / 60) ** 2)) * step(noise(rng, height, width, 60, 2), -0.5, 0.4),
    )
    target = mix(target, ground, step(y - 430 - 14 * np.sin(x / 60), -10, 10))
    canvas = Canvas(np.ones_like(target) * colour("4a2a1a"), rng)
    angle = 0.7 * noise(rng, height, width, 70, 2) + np.where(y > 430, 0.05, 0.8)
    flat = {"dry": 0.12, "streak": 0.025, "taper": 0.05}
    lay(canvas, target, angle, 30, 44, cover=2.4, two=0.6, hue=0.05, thick=1.6, **flat)
    lay(
        canvas,
        target,
        angle + 0.6,
        17,
        25,
        cover=1.5,
        two=0.6,
        hue=0.06,
        vary=0.12,
        thick=2.0,
        **flat,
    )
    for base, lean, wide in (
        (70, 12, 26),
        (168, -16, 17),
        (262, 6, 34),
        (352, 22, 15),
        (430, -10, 24),
        (540, 14, 38),
        (604, -12, 18),
    ):
        bottom = 470 + wide * 3.6
        for k in np.arange(-10, bottom, 11.0):
            middle = base + lean * (1 - k / bottom) * 3 + rng.normal(0, 1)
            pale = palette("f7f1e2 e4dccd fffaf0 cfd3da")[rng.integers(4)]
            shadow = palette("5f6f92 8a7f9a 4e4a66")[rng.integers(3)]
            canvas.stroke(
                np.array(
                    [
                        (middle - wide / 2, k + rng.normal(0, 2)),
                        (middle + wide / 2, k + rng.normal(0, 2)),
                    ]
                ),
                14,
                pale,
                thick=2.2,
                dry=0.3,
                taper=0.05,
                streak=0.03,
            )
            canvas.stroke(
                np.array([(middle + wide * 0.22, k), (middle + wide / 2, k)]),
                13,
                shadow,
                thick=1.4,
                dry=0.5,
                taper=0.05,
            )
            if rng.random() < 0.3:
                canvas.stroke(
                    np.array(
                        [(middle - wide / 2, k), (middle + wide * rng.uniform(-0.2, 0.3), k + 2)]
                    ),
                    rng.uniform(3, 8),
                    colour("1d1718"),
                    thick=1.2,
                    dry=0.5,
                )
    lay(
        canvas,
        canopy,
        angle + 0.4,
        11,
        15,
        cover=0.55,
        hue=0.07,
        vary=0.15,
        thick=2.4,
        where=step(430 - y, 0, 120),
        **flat,
    )
    return canvas.picture(0.2, gloss=0.05)
