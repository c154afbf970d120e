"""Losses: terms over a feature network, and the objective that sums them."""

from __future__ import annotations

from stylemix.losses.base import Features, LossTerm
from stylemix.losses.content import Content, IdentityFeatures, Pixel
from stylemix.losses.lattice import Lattice
from stylemix.losses.local_contrast import LocalContrast
from stylemix.losses.moments import Moments
from stylemix.losses.palette import Palette
from stylemix.losses.relaxed_earth_mover import RelaxedEarthMover
from stylemix.losses.sliced import SlicedWasserstein
from stylemix.losses.style import Gram
from stylemix.losses.variation import Variation
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = [
    "Content",
    "Features",
    "Gram",
    "IdentityFeatures",
    "Lattice",
    "LocalContrast",
    "LossTerm",
    "Moments",
    "Palette",
    "Pixel",
    "RelaxedEarthMover",
    "SlicedWasserstein",
    "Variation",
]


@hookimpl
def register_losses(register: Register) -> None:
    """Register the built-in loss terms."""
    register("content", Content)
    register("gram", Gram)
    register("moments", Moments)
    register("tv", Variation)
    register("palette", Palette)
    register("pixel", Pixel)
    register("identity-features", IdentityFeatures)
    register("sliced", SlicedWasserstein)
    register("local-contrast", LocalContrast)
    register("remd", RelaxedEarthMover)
    register("lattice", Lattice)
