"""Hard edges: a woodblock print, a grid, cubist facets, stained glass."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from atelier.canvas import Canvas, lay
from atelier.noise import Array, blur, colour, grid, mix, noise, palette, ramp, step, to_image


def rolling_waves(rng: np.random.Generator) -> Image.Image:
    """Breakers and a low sun, as a colour woodblock print."""
    height, width = 528, 768
    k = 2
    y, x = (v / k for v in grid(height * k, width * k))
    shape = y.shape
    ink, paper = colour("1b2a48"), colour("efe2c3")
    sky = ramp(palette("c9783f e9b878 efdfb9 efe2c3 e3dcc0"), 1 - y / 300)
    sky = mix(sky, colour("2f5a86"), 0.75 * step(-y, -70, 0))
    out = mix(sky, colour("c8402c"), np.hypot(x - 540, y - 165) < 62)
    for cy, cx, wide in ((120, 430, 170), (196, 640, 130), (88, 180, 120), (214, 400, 90)):
        for row, off in ((0, 0), (9, 34), (-9, -26)):
            bar = (np.abs(y - cy - row) < 4.5) & (np.abs(x - cx - off) < wide - 3 * abs(row))
            out = mix(out, colour("f3e8cf"), bar * 0.95)
    peak = 150 + 0.62 * np.abs(x - 205) ** 0.93 + 3 * np.sin(x / 9)
    snow = peak + 46 + 11 * np.abs(((x - 205) / 17) % 2 - 1) * 2
    out = mix(out, colour("5f86a0"), y > peak)
    out = mix(out, colour("f3ead4"), (y > peak) & (y < snow))
    out = mix(out, ink, (np.abs(y - peak) < 1.2) & (y < 330))
    tones = palette("7ba6b4 4f86a6 2f6590 244f80 1a3c6a")
    shift = noise(rng, *shape, 180, 2)
    for n, (base, tall, long, lean, phase) in enumerate(
        (
            (300, 26, 150, 10, 0.4),
            (338, 44, 215, 26, 2.0),
            (392, 66, 300, 44, 0.9),
            (452, 74, 350, 50, 2.55),
            (520, 62, 290, 40, 0.2),
        )
    ):
        bend = x + lean * np.clip((base - y) / tall, -1, 1.3) ** 2 * np.sign(base - y)
        swing = np.sin(bend / long * np.pi + phase)
        crest = base + 9 * np.sin(bend / 47 + n) - tall * (1 - np.abs(swing) ** 0.75) * 1.5
        deep = y - crest
        body = deep > 0
        flow = deep + 7 * shift + 5 * np.sin(bend / 31 + n)
        band = np.floor(flow / (10 + 3 * n))
        tone = tones[np.clip(n + (band % 3 == 1) * -1 + (band % 3 == 2) * 1, 0, 4).astype(int)]
        out = mix(out, tone, body)
        gap = np.abs((flow / (10 + 3 * n)) % 1 - 0.5) * (10 + 3 * n)
        out = mix(out, ink, body & (gap > (10 + 3 * n) / 2 - 1.0) & (deep > 12))
        lace = 5 + 2.2 * n + 8 * step(base - crest, 0.35 * tall, 1.4 * tall)
        teeth = lace * (1 + 0.65 * np.sin(bend / (3.4 + n * 0.5)) + 0.45 * np.sin(bend / (8.1 + n)))
        foam = (deep > -0.4 * teeth) & (deep < teeth)
        rim = blur(foam.astype(np.float32), 1.2)
        out = mix(out, ink, (rim > 0.06) & ~foam)
        out = mix(out, colour("f5eeda"), foam)
        out = mix(out, colour("a9c6c8"), foam & (deep > 0.52 * teeth) & (np.sin(bend / 2.6) > 0.2))
        draw = Image.new("L", (shape[1], shape[0]))
        pen = ImageDraw.Draw(draw)
        for _ in range(18 + 10 * n):
            column = int(rng.integers(0, shape[1]))
            top = float(np.argmax(body[:, column]))
            if top / k < base - 0.5 * tall:
                px, py = column + rng.normal(0, 16) * k, top - abs(rng.normal(0, 13)) * k
                r = rng.uniform(1, 2.6) * k
                pen.ellipse((px - r, py - r, px + r, py + r), fill=255)
        spray = np.asarray(draw, np.float32) / 255
        out = mix(out, colour("f5eeda"), spray)
    line = noise(rng, *shape, 3.2, 1, 60)
    grain = 0.05 * line + 0.05 * np.sin(26 * noise(rng, *shape, 150, 2, 4) + y / 7)
    fibre = noise(rng, *shape, 2.2, 2)
    wear = step(noise(rng, *shape, 3, 2) + 0.35 * noise(rng, *shape, 60), 0.62, 0.85)
    out = out * (1 + 0.55 * grain)[..., None]
    out = mix(out, paper, 0.4 * wear)
    frame = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    edge = frame + 0.8 * noise(rng, *shape, 14, 2)
    out = mix(paper * np.ones_like(out), mix(out, ink, (edge < 17.5)), step(edge, 14.6, 15.4))
    out = out * (1 + 0.035 * fibre)[..., None]
    return to_image(out.reshape(height, k, width, k, 3).mean((1, 3)))


def primary_grid(rng: np.random.Generator) -> Image.Image:
    """Black bars and fields of primary colours, painted by hand."""
    height, width = 640, 640
    plan = Image.new("RGB", (width, height), "#f1ede0")
    draw = ImageDraw.Draw(plan)
    fields = (
        (0, 0, 150, 96, "ece7d8"),
        (158, 0, 470, 210, "c8241f"),
        (480, 0, 640, 96, "f3efe4"),
        (480, 104, 640, 330, "f0c41e"),
        (0, 104, 150, 400, "f2eee2"),
        (0, 410, 96, 640, "1f3f94"),
        (104, 410, 300, 520, "f0ece0"),
        (104, 530, 300, 640, "17171a"),
        (158, 220, 470, 400, "f4f0e6"),
        (310, 410, 470, 640, "e9e5da"),
        (480, 340, 640, 520, "dfe3e6"),
        (480, 530, 560, 640, "f0c41e"),
        (568, 530, 640, 640, "c8241f"),
    )
    draw.rectangle((0, 0, width, height), fill="#141416")
    for left, top, right, bottom, fill in fields:
        draw.rectangle((left, top, right, bottom), fill="#" + fill)
    target = np.asarray(plan, np.float32) / 255
    canvas = Canvas(target, rng, weave=0.35)
    calm = {"dry": 0.15, "streak": 0.018, "thick": 0.35, "taper": 0.1}
    for left, top, right, bottom, fill in fields:
        upright = (bottom - top) > (right - left)
        for _ in range(int((right - left) * (bottom - top) / 260)):
            a = np.array([rng.uniform(left + 5, right - 5), rng.uniform(top + 5, bottom - 5)])
            b = a + np.array(rng.uniform((-4, 30), (4, 90)))[:: 1 if upright else -1]
            b = np.clip(b, (left + 4, top + 4), (right - 3, bottom - 3))
            canvas.stroke(
                np.stack([a, (a + b) / 2, b]),
                8.5,
                colour(fill) * (1 + 0.022 * rng.normal()),
                **calm,
            )
    cracks = noise(rng, *canvas.relief.shape, 26, 2)
    thin = np.exp(-((cracks / 0.010) ** 2)) * step(noise(rng, *canvas.relief.shape, 180), 0.1, 0.6)
    canvas.rgb = canvas.rgb * (1 - 0.22 * thin)[..., None]
    canvas.relief = canvas.relief - 0.8 * thin
    age = 1 + 0.03 * noise(rng, *canvas.relief.shape, 220, 2)
    canvas.rgb = canvas.rgb * age[..., None] * np.array([1, 0.992, 0.965], np.float32)
    return canvas.picture(0.13)


def broken_guitar(rng: np.random.Generator) -> Image.Image:
    """Still life with guitar and bottle, taken apart into facets."""
    height, width = 704, 576
    plan = Image.new("RGB", (width, height), "#8a7656")
    draw = ImageDraw.Draw(plan)
    draw.rectangle((0, 0, width, 250), fill="#5d6258")
    draw.polygon([(0, 470), (576, 400), (576, 704), (0, 704)], fill="#6b4a2c")
    draw.polygon([(40, 500), (230, 470), (260, 640), (70, 672)], fill="#d8cfb4")
    for k in range(9):
        draw.line([(56 + k, 516 + 16 * k), (226 + 3 * k, 490 + 16 * k)], fill="#4a453c", width=4)
    draw.polygon(
        [
            (410, 190),
            (428, 190),
            (432, 270),
            (466, 310),
            (466, 520),
            (376, 520),
            (376, 310),
            (406, 270),
        ],
        fill="#2f4a3a",
    )
    draw.polygon([(392, 320), (410, 316), (410, 500), (392, 504)], fill="#86a58a")
    draw.rectangle((380, 380, 462, 450), fill="#e2d6b2")
    draw.ellipse((120, 330, 330, 560), fill="#b9772f")
    draw.ellipse((158, 210, 318, 400), fill="#c98a3c")
    draw.ellipse((204, 318, 270, 384), fill="#2a1b12")
    draw.polygon([(226, 330), (252, 330), (288, 30), (264, 26)], fill="#3b2516")
    draw.polygon([(258, 34), (298, 40), (304, 0), (262, 0)], fill="#7a4a22")
    for k in range(4):
        draw.line([(216 + 14 * k, 500), (266 + 6 * k, 20)], fill="#efe3c4", width=2)
    draw.rectangle((196, 492, 280, 506), fill="#2a1b12")
    draw.ellipse((420, 560, 520, 640), fill="#a4482a")
    draw.ellipse((340, 580, 420, 650), fill="#b59a3a")
    scene = np.asarray(plan, np.float32) / 255
    y, x = grid(height, width)
    code = np.zeros((height, width), np.int64)
    lines = []
    for number in range(17):
        a = [0.0, 0.5, 1.1, 1.57, 2.1, 2.6][rng.integers(6)] + rng.normal(0, 0.1)
        cx, cy = rng.normal(width / 2, 130), rng.normal(height / 2, 170)
        side = (x - cx) * np.cos(a) + (y - cy) * np.sin(a)
        code += (side > 0).astype(np.int64) << number
        lines.append((a, cx, cy))
    _, facet = np.unique(code, return_inverse=True)
    facet = facet.reshape(code.shape)
    count = int(facet.max()) + 1
    moves = rng.normal(0, 26, (count, 2))
    turns = rng.uniform(0, np.pi, count)
    size = np.bincount(facet.ravel(), minlength=count)
    mx = np.bincount(facet.ravel(), x.ravel(), count) / size
    my = np.bincount(facet.ravel(), y.ravel(), count) / size
    zoom = rng.uniform(0.75, 1.15, count)
    sx = np.clip(mx[facet] + (x - mx[facet]) * zoom[facet] + moves[facet, 0], 0, width - 1).astype(
        int
    )
    sy = np.clip(my[facet] + (y - my[facet]) * zoom[facet] + moves[facet, 1], 0, height - 1).astype(
        int
    )
    shifted = scene[sy, sx]
    across = (x - mx[facet]) * np.cos(turns[facet]) + (y - my[facet]) * np.sin(turns[facet])
    shade = np.clip(across / (np.sqrt(size)[facet] * 0.6 + 12), -1, 1)
    tones = palette("d9c79c b39a68 8b8468 6e7a74 a9764a 54503f e6dcc0 3f4a48")[
        rng.integers(0, 8, count)
    ]
    target = mix(shifted, tones[facet], 0.42) * (1 + 0.6 * shade)[..., None]
    angle = turns[facet] + np.pi / 2
    canvas = Canvas(np.ones_like(target) * colour("7d6a4a"), rng)
    brush = {"dry": 0.3, "streak": 0.035, "thick": 0.9, "hue": 0.012}
    lay(canvas, target, angle, 12, 24, cover=2.0, **brush)
    lay(canvas, target, angle, 6, 13, cover=2.6, vary=0.06, **brush)
    lay(canvas, target, angle, 3.4, 8, cover=1.4, vary=0.05, **brush)
    for a, cx, cy in lines:
        for _ in range(3):
            reach = rng.normal(0, 130, 2)
            start, stop = min(reach), max(reach)
            path = np.array(
                [
                    (cx - np.sin(a) * s, cy + np.cos(a) * s)
                    for s in (start, (start + stop) / 2, stop)
                ]
            )
            canvas.stroke(
                path, rng.uniform(2.2, 4.2), colour("1e1812"), dry=0.6, opacity=0.85, taper=0.5
            )
            canvas.stroke(path + 3, 2.2, colour("efe4c6"), dry=0.8, opacity=0.7, taper=0.5)
    return canvas.picture(0.15)


def rose_window(rng: np.random.Generator) -> Image.Image:
    """Round stained-glass window with leaded panes."""
    height, width = 640, 640
    k = 2
    y, x = (v / k for v in grid(height * k, width * k))
    cx = cy = 319.5
    far, turn = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
    jewels = palette("c01f2e e8a21c 1c4fb4 2a9a5a 7a2a9c 16889c e0562a f3d56a d94f86 2f6fe0")
    rings = (
        (0, 1, 0, (7,)),
        (46, 8, 0.0, (0, 6)),
        (92, 16, 0.2, (1, 7)),
        (140, 16, 0.0, (2, 9)),
        (186, 24, 0.13, (5, 3)),
        (226, 32, 0.0, (0, 8)),
        (270, 24, 0.13, (2, 4)),
        (305, 48, 0, (1, 6)),
    )
    sites, tones = [], []
    for radius, number, offset, choice in rings:
        for n in range(number):
            a = 2 * np.pi * (n + offset * 2.5) / number
            sites.append((cx + radius * np.cos(a), cy + radius * np.sin(a)))
            tones.append(jewels[choice[n % len(choice)]] * rng.uniform(0.75, 1.2))
    for _ in range(90):
        px, py = rng.uniform(0, width, 2)
        if np.hypot(px - cx, py - cy) > 345:
            sites.append((px, py))
            tones.append(
                palette("1c3f8c 16305c 2a6f8c 4a2a7c")[rng.integers(4)] * rng.uniform(0.8, 1.2)
            )
    first = np.full(x.shape, 1e9, np.float32)
    second = first.copy()
    owner = np.zeros(x.shape, int)
    wx = x + 2.0 * noise(rng, *x.shape, 50)
    wy = y + 2.0 * noise(rng, *x.shape, 50)
    for n, (px, py) in enumerate(sites):
        d = np.hypot(wx - px, wy - py)
        closer = d < first
        second = np.where(closer, first, np.minimum(second, d))
        owner = np.where(closer, n, owner)
        first = np.where(closer, d, first)
    glass = np.array(tones, np.float32)[owner]
    ripple = noise(rng, *x.shape, 22, 3, 2) + 0.5 * noise(rng, *x.shape, 6, 2)
    glass = glass * (0.82 + 0.34 * ripple + 0.35 * np.exp(-((far / 240) ** 2)))[..., None]
    glass = glass + 0.30 * np.clip(0.9 - first / 26, 0, 1)[..., None] * glass
    glass = mix(glass, colour("fff4cf"), 0.5 * step(ripple, 0.55, 1.1))
    bubbles = step(noise(rng, *x.shape, 4, 1), 0.85, 1.1)
    glass = mix(glass, glass * 1.5, 0.6 * bubbles)
    gap = second - first
    for radius in (322, 249, 116, 24):
        gap = np.minimum(gap, np.abs(far - radius) * (1.0 if radius < 300 else 0.55))
    for n in range(8):
        a = np.abs((turn - n * np.pi / 4 + np.pi) % (2 * np.pi) - np.pi)
        gap = np.where((far > 116) & (far < 249) & (a < 0.5), np.minimum(gap, a * far), gap)
    lead = 1 - step(gap, 3.6, 5.0)
    dome = np.sqrt(np.clip(1 - (gap / 4.4) ** 2, 0, 1))
    gy, gx = np.gradient(blur(dome, 1))
    shine = np.clip(-(gx + gy) * 2.4, -1, 1)
    metal = colour("23252b") * (1 + 1.4 * shine + 0.3 * noise(rng, *x.shape, 5, 2))[..., None]
    glow = blur(glass * (1 - lead)[..., None], 7)
    dark = 0.72 + 0.28 * step(gap, 4, 14)
    out = mix(glass * dark[..., None], metal, lead) + 0.13 * glow
    return to_image(out.reshape(height, k, width, k, 3).mean((1, 3)))


def seal(size: int, rng: np.random.Generator) -> Array:
    """Return the mask [size, size] of a small square seal with a geometric sign of our own."""
    image = Image.new("L", (size, size))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((1, 1, size - 2, size - 2), size // 8, fill=255)
    bar = max(2, size // 11)
    for box in ((2, 2, 9, 3), (2, 5, 5, 6), (7, 5, 9, 9), (2, 8, 5, 9)):
        draw.rectangle(
            [v * size // 11 + (bar if i > 1 else 0) // 3 for i, v in enumerate(box)], fill=0
        )
    worn = step(noise(rng, size, size, 4, 2), 0.5, 0.8)
    return np.asarray(image, np.float32) / 255 * (1 - 0.7 * worn)
