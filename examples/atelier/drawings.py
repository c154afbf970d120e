"""Charcoal and pen."""

from __future__ import annotations

import numpy as np
from PIL import Image

from atelier.canvas import Canvas, follow
from atelier.noise import Array, blur, colour, grid, mix, noise, step


def hatched_pears(rng: np.random.Generator) -> Image.Image:
    """Jug and pears, hatched with charcoal and pen on cream paper."""
    height, width = 576, 720
    y, x = grid(height, width)
    tone = 0.74 + 0.14 * noise(rng, height, width, 200, 2) - 0.34 * step(x, 300, 720) * (y < 380)
    turn = np.full((height, width), -0.8, np.float32)
    table = y > 372 + 0.02 * x
    tone = np.where(
        table, 0.9 - 0.1 * step(y, 460, 576) + 0.06 * noise(rng, height, width, 60, 2, 4), tone
    )
    turn = np.where(table, 0.06, turn)
    outlines: list[Array] = []

    def turned(
        cx: float, base: float, profile: list[tuple[float, float]], lean: float = 0.0
    ) -> None:
        """Set a turned body: ``profile`` gives (height above the base, radius)."""
        nonlocal tone, turn
        rises, radii = np.array(profile, np.float32).T
        fine = np.linspace(rises[0], rises[-1], 120)
        kernel = np.ones(9) / 9
        smooth = np.interp(fine, rises, radii)
        smooth[4:-4] = np.convolve(smooth, kernel, mode="valid")
        rise = base - y
        radius = np.interp(rise, fine, smooth, left=0, right=0)
        u = (x - cx - lean * rise) / np.maximum(radius, 1e-3)
        body = (np.abs(u) < 1) & (rise >= rises[0]) & (rise <= rises[-1])
        grow = np.interp(rise, fine, np.gradient(smooth, fine))
        nz = np.sqrt(np.clip(1 - u**2, 0, 1))
        light = np.clip((-0.68 * u + 0.5 * nz - 0.42 * grow * -1 * nz) / np.sqrt(1 + grow**2), 0, 1)
        value = 0.1 + 0.95 * light + 0.16 * step(u, 0.75, 1.0)
        shadow = np.exp(
            -(((x - cx - radii.max() * 1.5) / (radii.max() * 1.7)) ** 2)
            - ((y - base - 3) / (0.16 * radii.max() + 5)) ** 2
        )
        tone = np.where(body, value, tone - 0.8 * shadow * table)
        turn = np.where(body, 0.5 * u * np.sign(grow + 0.01) + 1.57 - 1.2 * u, turn)
        left = np.stack([cx + lean * fine - smooth, base - fine], 1)
        right = np.stack([cx + lean * fine + smooth, base - fine], 1)[::-1]
        outlines.append(np.concatenate([left, right, left[:1]]))

    turned(
        470,
        446,
        [(0, 62), (12, 76), (70, 112), (130, 108), (190, 70), (230, 46), (270, 50), (292, 62)],
    )
    turned(262, 462, [(0, 22), (10, 56), (48, 76), (84, 60), (122, 36), (150, 27), (160, 8)], 0.06)
    turned(372, 492, [(0, 20), (8, 50), (42, 66), (74, 52), (104, 32), (128, 24), (138, 6)], -0.16)
    turned(150, 498, [(0, 18), (8, 42), (40, 58), (74, 40), (84, 12)])
    turned(606, 486, [(0, 18), (8, 44), (42, 62), (78, 46), (90, 14)])
    mouth = ((x - 470) / 62) ** 2 + ((y - 155) / 13) ** 2
    tone = np.where(mouth < 1, 0.12 + 0.4 * step(x, 440, 530), tone)
    tone = np.clip(blur(tone.astype(np.float32), 1), 0, 1)
    canvas = Canvas(np.ones((height, width, 3), np.float32) * colour("efe4cb"), rng, weave=0.12)
    grain = noise(rng, *canvas.relief.shape, 3, 2)
    smear = blur(1 - tone, 9).repeat(2, 0).repeat(2, 1)
    veil = np.clip(0.55 * smear * (0.75 + 0.55 * grain), 0, 0.6)
    canvas.rgb = mix(canvas.rgb, colour("4a423c"), veil)
    for limit, lean in ((0.80, 0.0), (0.62, 0.55), (0.46, -0.6), (0.32, 1.2), (0.2, 0.25)):
        count = 5200
        starts = rng.uniform((0, 0), (width, height), (count, 2)).astype(np.float32)
        here = tone[starts[:, 1].astype(int), starts[:, 0].astype(int)]
        starts = starts[here < limit + rng.normal(0, 0.05, count)]
        paths = follow(
            turn + lean + 0.06 * noise(rng, height, width, 40),
            starts,
            rng.uniform(12, 32, len(starts)),
        )
        for path in paths:
            column = np.clip(path[:, 0], 0, width - 1).astype(int)
            keep = tone[np.clip(path[:, 1], 0, height - 1).astype(int), column] < limit + 0.12
            stop = len(path) if keep.all() else int(np.argmin(keep))
            if stop > 2:
                canvas.stroke(
                    path[:stop],
                    rng.uniform(0.9, 1.9),
                    colour("231f1d"),
                    dry=0.7,
                    thick=0.05,
                    streak=0.02,
                    opacity=rng.uniform(0.35, 0.8),
                    taper=0.6,
                )
    for line in outlines:
        for _ in range(3):
            start = int(rng.integers(0, len(line) - 40))
            for at in range(start % 30, len(line) - 30, 30):
                path = line[at : at + 36] + rng.normal(0, 0.9, 2)
                canvas.stroke(
                    path,
                    rng.uniform(1.2, 3.4),
                    colour("1b1817"),
                    dry=0.7,
                    thick=0.05,
                    opacity=0.8,
                    taper=0.5,
                )
    handle = np.array([(560, 232), (612, 226), (640, 270), (622, 330), (576, 362)], float)
    for shift in np.linspace(-7, 7, 9):
        canvas.stroke(
            handle + np.array([shift, shift * 0.5]),
            2.6,
            colour("2a2523"),
            dry=0.6,
            opacity=0.7,
            thick=0.05,
        )
    for stem in (
        ((272, 304), (276, 288), (288, 274)),
        ((350, 356), (346, 340), (334, 328)),
        ((152, 416), (154, 400), (164, 390)),
        ((608, 398), (606, 384), (614, 372)),
    ):
        canvas.stroke(np.array(stem, float), 4.5, colour("1b1817"), dry=0.4, thick=0.05)
    for _ in range(90):
        px, py = rng.uniform(40, 680), 375 + rng.normal(0, 1.6)
        canvas.stroke(
            np.array([(px, py + px * 0.02), (px + 40, py + px * 0.02 + 1)]),
            1.5,
            colour("2a2523"),
            dry=0.8,
            opacity=0.3 if 190 < px < 640 else 0.6,
            thick=0.02,
        )
    return canvas.picture(0.10)
