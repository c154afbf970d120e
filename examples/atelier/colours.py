"""Pure colours side by side: dots and bold patches."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from atelier.canvas import Canvas, lay
from atelier.noise import Array, colour, grid, mix, noise, palette, ramp, step


def dotted_river(rng: np.random.Generator) -> Image.Image:
    """Summer afternoon at a river, in dots of unmixed colour."""
    height, width = 560, 768
    y, x = grid(height, width)
    sky = ramp(palette("5f9fe0 8fc0ee c8dcf0 f7e6c4 fbd79c"), y / 230)
    cloud = step(noise(rng, height, width, 130, 3, 2.2) - np.abs(y - 90) / 260, 0.05, 0.4)
    target = mix(sky, colour("fdf3e2"), 0.85 * cloud)
    far = 196 + 14 * np.sin(x / 110 + 1) + 8 * noise(rng, height, width, 30)
    target = mix(
        target,
        ramp(
            palette("3d6fa8 5d8fb0 7aa27a 98b060"),
            (y - far) / 46 + 0.1 + 0.2 * noise(rng, height, width, 24),
        ),
        step(y - far, -2, 2),
    )
    river = ramp(
        palette("bcd6e6 7db2dc 4a8ccc 3a6fb4"),
        (y - 240) / 260 + 0.28 * noise(rng, height, width, 12, 2, 7),
    )
    target = mix(target, river, step(y - 243, -2, 2))
    target = mix(
        target,
        colour("fbe2ae"),
        0.8
        * np.exp(-(((x - 250) / 50) ** 2))
        * step(y, 243, 250)
        * (noise(rng, height, width, 7, 1, 6) > 0),
    )
    for cx, base, size in ((235, 262, 46), (452, 300, 78), (352, 251, 26)):
        sail = (
            (y < base)
            & (y > base - size * 1.6)
            & (x > cx - (y - base + size * 1.6) * 0.42)
            & (x < cx)
        )
        jib = (
            (y < base)
            & (y > base - size * 1.2)
            & (x > cx + 2)
            & (x < cx + 2 + (y - base + size * 1.2) * 0.34)
        )
        hull = (np.abs(y - base - 3) < 4) & (np.abs(x - cx) < size * 0.55)
        mirror = (
            (y > base + 6)
            & (y < base + size)
            & (x > cx - (base + size - y) * 0.5)
            & (x < cx + (base + size - y) * 0.3)
        )
        target = mix(target, colour("e6ecf4"), 0.6 * mirror)
        target = mix(target, mix(colour("fff6dc"), colour("f2b27a"), (cx - x) / size * 0.8), sail)
        target = mix(target, colour("f6d9b8"), jib)
        target = mix(target, colour("8a2f3c"), hull)
    bank = 470 - 150 * np.exp(-(((x - 790) / 330) ** 2)) - 40 * np.exp(-(((x + 20) / 150) ** 2))
    bank = bank + 5 * noise(rng, height, width, 20)
    lawn = ramp(
        palette("2d6a3a 4f9440 86b83e c8d24a f2e27c"),
        0.62 + 0.4 * noise(rng, height, width, 60, 2, 2) - (x - 380) / 1500,
    )
    shade = step(noise(rng, height, width, 70, 2, 3) + (x - 520) / 500, 0.2, 0.4)
    lawn = mix(
        lawn,
        ramp(palette("173f5a 24603f 3a6f3a"), 0.5 + noise(rng, height, width, 25)),
        0.85 * shade,
    )
    target = mix(target, lawn, step(y - bank, -2, 2))
    for cx, top, base, wide in ((650, 70, 350, 120), (735, 20, 390, 150), (30, 190, 440, 70)):
        trunk = np.abs(x - cx - 6 * np.sin(y / 40)) < 8
        target = mix(
            target,
            mix(colour("6a3a52"), colour("c07a4a"), (cx - x) / 16 + 0.5),
            trunk & (y > top) & (y < base + 30),
        )
        crown = ((x - cx) / wide) ** 2 + ((y - (top + base) / 2 + 40) / ((base - top) * 0.42)) ** 2
        crown = crown + 0.5 * noise(rng, height, width, 34, 2)
        leaf = ramp(
            palette("16384f 1f5c46 3f8a3c 8fbc3c e2dc58"),
            0.5
            - (x - cx) / (2.6 * wide)
            - (y - top) / 700
            + 0.45 * noise(rng, height, width, 30, 2),
        )
        target = mix(target, leaf, step(-crown, -1.02, -0.9))
    for cx, base, tall, dress, hat in (
        (330, 505, 92, "b8383f", "f4d77a"),
        (380, 498, 84, "3d4f9e", "2a2450"),
        (160, 520, 70, "f0e6ea", "d9725a"),
        (545, 455, 60, "7a4a9a", "f2c04a"),
    ):
        t = (y - base + tall) / tall
        skirt = (np.abs(x - cx) < 5 + 13 * np.clip(t, 0, 1) ** 1.6) & (t > 0.2) & (t < 1)
        tone = mix(colour(dress) * 1.15, colour(dress) * 0.6, step(x - cx, -8, 12))
        target = mix(
            target,
            colour("1f3f5c"),
            0.7 * ((np.abs(y - base - 3) < 5) & (np.abs(x - cx - 26) < 40)),
        )
        target = mix(target, tone, skirt)
        head = np.hypot(x - cx, (y - base + tall * 0.88)) < tall * 0.075
        target = mix(target, colour("e8b48c"), head)
        brim = np.hypot((x - cx) / 1.0, (y - base + tall * 0.96) * 2.4) < tall * 0.14
        target = mix(target, colour(hat), brim)
    canvas = Canvas(np.ones_like(target) * colour("efe3c8"), rng, weave=0.15)
    _dots(canvas, target, 4.6, 9000, 0.07)
    _dots(canvas, target, 3.1, 26000, 0.10)
    _dots(canvas, target, 2.1, 22000, 0.12)
    return canvas.picture(0.11)


def _dots(canvas: Canvas, target: Array, radius: float, count: int, spread: float) -> None:
    """Scatter dots whose colours lie about the target's, each purer than the target itself."""
    rng = canvas.rng
    height, width = target.shape[:2]
    spots = rng.uniform((0, 0), (width, height), (count, 2))
    for x, y in spots:
        tone = target[int(y), int(x)]
        grey = tone.mean()
        shift = rng.normal(0, 1, 3)
        pure = grey + (tone - grey) * rng.uniform(1.0, 1.5) + spread * (shift - shift.mean())
        if rng.random() < 0.07:
            pure = 0.5 * pure + 0.5 * (grey + 0.55 * (grey - tone) + (0.1, 0.02, 0.16))
        canvas.dab(x, y, radius * rng.uniform(0.75, 1.2), np.clip(pure, 0.02, 1), 0.8)


def wild_harbour(rng: np.random.Generator) -> Image.Image:
    """Fishing harbour in wild, flat colours with blue contours."""
    height, width = 608, 736
    plan = Image.new("RGB", (width, height), "#f7b733")
    draw = ImageDraw.Draw(plan)
    turns = Image.new("F", (width, height), 0.15)
    turn = ImageDraw.Draw(turns)
    edges: list[tuple[Array, float]] = []

    def patch(
        points: list[tuple[float, float]], fill: str, angle: float, line: float = 4.5
    ) -> None:
        draw.polygon(points, fill="#" + fill)
        turn.polygon(points, fill=angle)
        if line:
            edges.append((np.array([*points, points[0]], np.float32), line))

    patch([(0, 0), (736, 0), (736, 66), (440, 92), (210, 60), (0, 104)], "2fa6a0", 0.1, 0)
    patch(
        [(0, 104), (210, 60), (440, 92), (736, 66), (736, 120), (420, 140), (0, 150)],
        "f58a6c",
        -0.1,
        0,
    )
    patch(
        [
            (0, 250),
            (90, 178),
            (190, 196),
            (300, 118),
            (400, 188),
            (500, 150),
            (640, 206),
            (736, 168),
            (736, 300),
            (0, 300),
        ],
        "8a3f9c",
        0.7,
    )
    patch([(300, 118), (400, 188), (352, 262), (258, 240)], "e23d6d", 1.0)
    patch([(500, 150), (640, 206), (600, 270), (470, 250)], "3565c9", 0.5)
    patch([(0, 250), (90, 178), (150, 280), (0, 300)], "1e8f5a", -0.7)
    walls = [
        "f9d648",
        "ef5b3a",
        "f7efe0",
        "3cb7c4",
        "f29ac0",
        "f78f1e",
        "fdf0b0",
        "d93a4a",
        "74c365",
    ]
    roofs = ["c62f3b", "2b4fa8", "e8731f", "7a2f8c"]
    at = -8.0
    for number in range(12):
        wide, tall = rng.uniform(46, 78), rng.uniform(62, 122)
        wall = walls[(number * 4 + 1) % len(walls)]
        patch([(at, 324), (at, 324 - tall), (at + wide, 324 - tall), (at + wide, 324)], wall, 1.5)
        if number % 3:
            patch(
                [
                    (at - 5, 324 - tall),
                    (at + wide / 2, 324 - tall - 30),
                    (at + wide + 5, 324 - tall),
                ],
                roofs[number % 4],
                0.5,
            )
        for k in range(int(tall // 34)):
            for side in (0.22, 0.6):
                left, top = at + wide * side, 324 - tall + 12 + k * 32
                patch(
                    [(left, top), (left + 10, top), (left + 10, top + 15), (left, top + 15)],
                    "1f3f8c" if number % 2 else "17695f",
                    1.5,
                    1.8,
                )
        at += wide
    patch([(0, 322), (736, 318), (736, 348), (0, 352)], "f2d3a0", 0.0)
    patch([(0, 350), (736, 346), (736, 608), (0, 608)], "1f6fc4", 0.0, 0)
    for _ in range(95):
        cx, cy = rng.uniform(0, 736), rng.uniform(362, 606)
        wide, tall = rng.uniform(20, 62) * (cy / 480), rng.uniform(5, 9) * (cy / 480)
        tone = ["f58a6c", "2fb7a8", "f9d648", "123f94", "e86aa6", "4fa8e8", "12906f", "f4efe0"][
            rng.integers(8)
        ]
        patch([(cx - wide, cy), (cx, cy - tall), (cx + wide, cy), (cx, cy + tall)], tone, 0.0, 0)
    for cx, cy, size, hull, stripe, sail in (
        (150, 470, 1.1, "d92f3a", "f9d648", "f7efe0"),
        (420, 430, 0.8, "12807a", "f29ac0", "f78f1e"),
        (600, 525, 1.35, "f7a823", "2b3f9c", "e8467c"),
        (322, 560, 1.0, "7a2f8c", "74c365", "fdf0b0"),
    ):

        def at_boat(
            *points: tuple[float, float], cx: float = cx, cy: float = cy, size: float = size
        ) -> list[tuple[float, float]]:
            return [(cx + size * px, cy + size * py) for px, py in points]

        patch(at_boat((-62, 20), (62, 20), (40, 46), (-44, 46)), "12306e", 0.0, 0)
        patch(at_boat((-3, -128), (3, -128), (3, 0), (-3, 0)), "5a2a1a", 1.5, 2)
        patch(at_boat((6, -122), (58, -14), (6, -8)), sail, 1.1)
        patch(at_boat((-6, -106), (-42, -12), (-6, -8)), stripe, -1.1)
        patch(at_boat((-76, -6), (78, -8), (56, 26), (-54, 26)), hull, 0.1)
        patch(at_boat((-72, 2), (72, 0), (66, 9), (-66, 10)), stripe, 0.1, 2)
    target = np.asarray(plan, np.float32) / 255
    angle = np.asarray(turns) + 0.35 * noise(rng, height, width, 50, 2)
    tint = noise(rng, height, width, 60, 2)[..., None] * np.array([0.10, -0.05, -0.09], np.float32)
    target = np.clip(target + tint, 0, 1)
    canvas = Canvas(np.ones_like(target) * colour("f3e6cc"), rng, weave=0.3)
    brush = {"dry": 0.45, "streak": 0.045, "thick": 1.1}
    lay(canvas, target, angle, 15, 38, cover=1.6, two=0.1, hue=0.03, **brush)
    lay(canvas, target, angle, 9, 22, cover=2.0, vary=0.08, hue=0.035, **brush)
    for points, line in edges:
        for a, b in pairwise(points):
            middle = (a + b) / 2 + rng.normal(0, 1.2, 2)
            tone = colour(["14205c", "1c2f7c", "3a1550"][rng.integers(3)])
            canvas.stroke(
                np.stack([a, middle, b]),
                line * rng.uniform(0.7, 1.15),
                tone,
                dry=0.35,
                taper=0.25,
                thick=1.3,
            )
    return canvas.picture(0.17)
