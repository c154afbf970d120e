"""Scatter plots of labelled points, drawn with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from stylemix.errors import ConfigError

# Twelve colours that differ in hue and lightness; with four shapes they tell 48 styles apart.
COLOURS = (
    "#1f5fbf",
    "#e07b00",
    "#1d8a3c",
    "#c81e3a",
    "#7a3fb0",
    "#7a4a21",
    "#e05fae",
    "#5c6670",
    "#9a9a00",
    "#10a3a8",
    "#000000",
    "#8fb8ff",
)
SHAPES = ("circle", "square", "triangle", "diamond")
MOST = len(COLOURS) * len(SHAPES)
_FINE = 3  # drawn so many times larger, then shrunk, which smooths the edges


def scatter(
    panels: Sequence[tuple[str, Tensor]],
    labels: Sequence[int],
    names: Sequence[str],
    *,
    side: int = 640,
) -> Image.Image:
    """Draw panels of points side by side, with one legend.

    Args:
        panels: each a title and points [N, 2]; every panel is fitted to its own points.
        labels: each point's group, from 0 on; the same for all panels.
        names: of the groups, at most 48.
        side: of a panel, in pixels, at least 120.

    Returns:
        An RGB picture.

    Raises:
        ConfigError: no panels, too many groups, a wrong number of points, or too small a side.
    """
    if not panels or side < 120:
        raise ConfigError("a figure needs at least one panel, of at least 120 pixels")
    if len(names) > MOST:
        raise ConfigError(
            f"a figure tells at most {MOST} groups apart, got {len(names)}; show fewer styles"
        )
    for title, points in panels:
        if points.shape != (len(labels), 2):
            raise ConfigError(
                f"the panel {title!r} has points {list(points.shape)} for {len(labels)} labels"
            )
    font = ImageFont.load_default(15 * _FINE)
    line, margin, head = 22 * _FINE, 16 * _FINE, 34 * _FINE
    fine = side * _FINE
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    counted = [f"{name} ({list(labels).count(i)})" for i, name in enumerate(names)]
    column = int(max(measure.textlength(name, font) for name in counted)) // _FINE * _FINE
    column += 2 * line
    rows = max(1, (fine + margin) // line)
    columns = -(-len(names) // rows)
    width = len(panels) * (fine + margin) + margin + columns * column
    figure = Image.new("RGB", (width, head + fine + margin), "white")
    draw = ImageDraw.Draw(figure)
    for number, (title, points) in enumerate(panels):
        left = margin + number * (fine + margin)
        draw.text((left, margin // 2), _fitted(draw, title, font, fine), fill="black", font=font)
        draw.rectangle((left, head, left + fine, head + fine), outline="#b0b0b0", width=_FINE)
        _points(draw, points, labels, left, head, fine)
    for number, name in enumerate(counted):
        x = len(panels) * (fine + margin) + margin + number // rows * column
        y = head + number % rows * line
        _mark(draw, x + line / 2, y + line / 2, 6 * _FINE, number)
        draw.text((x + line, y + line / 2), name, fill="black", font=font, anchor="lm")
    return figure.reduce(_FINE)


def _points(
    draw: ImageDraw.ImageDraw, points: Tensor, labels: Sequence[int], left: int, top: int, side: int
) -> None:
    inner = 12 * _FINE
    low, high = points.amin(0), points.amax(0)
    # One scale for both axes, the points in the middle.
    scale = (side - 2 * inner) / max(float((high - low).max()), 1e-9)
    placed = (points - (low + high) / 2) * scale + side / 2
    radius = (4.5 if len(labels) <= 400 else 3.5 if len(labels) <= 1500 else 2.5) * _FINE
    for (x, y), label in zip(placed.tolist(), labels, strict=True):
        _mark(draw, left + x, top + side - y, radius, label)


def _mark(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, label: int) -> None:
    colour = COLOURS[label % len(COLOURS)]
    shape = SHAPES[label // len(COLOURS)]
    edge: dict[str, Any] = {"fill": colour, "outline": "white", "width": max(1, _FINE // 2)}
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), **edge)
    elif shape == "square":
        r = radius * 0.9
        draw.rectangle((x - r, y - r, x + r, y + r), **edge)
    elif shape == "triangle":
        r = radius * 1.2
        draw.polygon([(x, y - r), (x - r, y + r * 0.8), (x + r, y + r * 0.8)], **edge)
    else:
        r = radius * 1.3
        draw.polygon([(x, y - r), (x - r, y), (x, y + r), (x + r, y)], **edge)


def _fitted(
    draw: ImageDraw.ImageDraw,
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    width: int,
) -> str:
    while text and draw.textlength(text, font) > width:
        text = text[:-1]
    return text
