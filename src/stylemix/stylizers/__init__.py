"""Stylizers: pictures in, picture out."""

from __future__ import annotations

from stylemix.plugins.hookspecs import Register, hookimpl
from stylemix.stylizers.base import Progress, Stylizer, build
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.stylizers.gatys import Gatys
from stylemix.stylizers.optimization import Optimization
from stylemix.stylizers.tiling import render_tiled

__all__ = ["FeedForward", "Gatys", "Optimization", "Progress", "Stylizer", "build", "render_tiled"]


@hookimpl
def register_stylizers(register: Register) -> None:
    """Register the built-in stylizers."""
    register("feed_forward", FeedForward)
    register("gatys", Gatys)
