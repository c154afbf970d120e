"""Stylizers: pictures in, picture out."""

from __future__ import annotations

from stylemix.plugins.hookspecs import Register, hookimpl
from stylemix.stylizers.base import Stylizer, build
from stylemix.stylizers.batches import draw_batch
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.stylizers.gatys import Gatys
from stylemix.stylizers.optimization import Optimization
from stylemix.stylizers.options import (
    MAX_SCALE,
    MAX_STRENGTH,
    SMALLEST_TILE,
    Options,
    check_strength,
)
from stylemix.stylizers.request import Request
from stylemix.stylizers.tiling import render_tiled

__all__ = [
    "MAX_SCALE",
    "MAX_STRENGTH",
    "SMALLEST_TILE",
    "FeedForward",
    "Gatys",
    "Optimization",
    "Options",
    "Request",
    "Stylizer",
    "build",
    "check_strength",
    "draw_batch",
    "render_tiled",
]


@hookimpl
def register_stylizers(register: Register) -> None:
    """Register the built-in stylizers."""
    register("feed_forward", FeedForward)
    register("gatys", Gatys)
