"""Scatter plots of labelled points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line

# Twelve colors that differ in hue and lightness; with four markers they tell 48 styles apart.
COLORS = (
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
MARKERS = ("o", "s", "^", "D")
MOST = len(COLORS) * len(MARKERS)
_DPI = 100
_LINE = 23
"""Pixels of a line of the legend."""


def scatter(
    panels: Sequence[tuple[str, Tensor]],
    labels: Sequence[int],
    names: Sequence[str],
    *,
    side: int = 640,
) -> Image.Image:
    """Draw panels of points side by side, with one legend.

    Args:
        panels: each a title and points [N, 2]; every panel is fitted to its own points, with one
            scale for both axes.
        labels: each point's group, from 0 on; the same for all panels.
        names: of the groups, at most 48.
        side: of a panel, in pixels, at least 120.

    Returns:
        An RGB picture.

    Raises:
        ConfigError: no panels, too many groups, a wrong number of points, too small a side, or
            Matplotlib isn't installed.
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
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigError(f"a figure needs Matplotlib: {install_line('metrics')}") from None
    figure = Figure(
        figsize=(len(panels) * side / _DPI, side / _DPI), dpi=_DPI, layout="constrained"
    )
    canvas = FigureCanvasAgg(figure)
    groups = [np.flatnonzero(np.asarray(labels) == number) for number in range(len(names))]
    size = 40 if len(labels) <= 400 else 25 if len(labels) <= 1500 else 12
    handles: list[Any] = []
    row = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (title, points) in zip(row, panels, strict=True):
        handles = [
            axes.scatter(
                *points[group].numpy().T,
                s=size,
                color=COLORS[number % len(COLORS)],
                marker=MARKERS[number // len(COLORS)],
                edgecolors="white",
                linewidths=0.5,
            )
            for number, group in enumerate(groups)
        ]
        axes.set_title(title)
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", "datalim")
    counted = [f"{name} ({len(group)})" for name, group in zip(names, groups, strict=True)]
    columns = -(-len(names) // max(1, side // _LINE - 1))
    legend = figure.legend(handles, counted, loc="outside right upper", ncols=columns)
    # The legend stands beside the panels, not in their place.
    canvas.draw()
    figure.set_figwidth(figure.get_figwidth() + legend.get_window_extent().width / _DPI)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
