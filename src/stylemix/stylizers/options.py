"""What may be asked of a stylizer besides the pictures: the one set of options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from stylemix.backbones import FEATURES
from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.plugins.registries import suggest
from stylemix.types import real_number, whole_number

MAX_STRENGTH = 100.0
"""Far beyond any use; numbers above it leave the range of float32 in the network."""

MAX_SCALE = 16.0
"""A picture of strokes this large is drawn at 32 pixels; of its inverse, at 8192."""

MAX_SIZE = 100_000
"""Pixels of a result's long side; :data:`stylemix.images.MAX_PIXELS` bounds its area too."""

SMALLEST_TILE = 64
"""Pixels of a tile's side at least."""

Numbers = Sequence[float] | np.ndarray | Tensor
"""Numbers in a row: a list, a tuple, an array or a tensor."""


@dataclass(frozen=True, eq=False)
class Options:
    """The options of one call, checked once; :func:`stylemix.stylize` explains each of them.

    They are checked when the object is made, so that every front end refuses the same values with
    the same words; numbers may be of any type that Python or NumPy knows. What depends on how many
    styles there are, :meth:`check_count` checks.

    Attributes:
        strength: from 0 to :data:`MAX_STRENGTH`.
        weights: one number >= 0 per style, or None for equal ones. They are kept as shares of the
            largest, as only their ratios count.
        masks: one picture per style, or None.
        preserve_color: keep the photograph's colors.
        palette: a painting whose colors to use, or None.
        size: pixels of the result's long side, at most :data:`MAX_SIZE`, or None for the
            photograph's.
        scale: size of the strokes, from 1 / :data:`MAX_SCALE` to :data:`MAX_SCALE`, or None.
        tile: 0, a number of pixels >= 64, or None.
        refine: steps of optimization.
        refine_features: a name of :data:`stylemix.backbones.FEATURES`, or None.

    Raises:
        ConfigError: a value is out of range, or two options exclude each other.
    """

    strength: float = 1.0
    weights: Numbers | None = None
    masks: Sequence[Picture] | None = None
    preserve_color: bool = False
    palette: Picture | Style | None = None
    size: int | None = None
    scale: float | None = None
    tile: int | None = None
    refine: int = 0
    refine_features: str | None = None

    def __post_init__(self) -> None:
        checked = {
            "strength": check_strength(self.strength),
            "weights": None if self.weights is None else _shares(self.weights),
            "masks": None if self.masks is None else _masks(self.masks),
            "preserve_color": _switch("preserve_color", self.preserve_color),
            "size": None if self.size is None else check_size(self.size),
            "scale": None if self.scale is None else _scale(self.scale),
            "tile": None if self.tile is None else _tile(self.tile),
            "refine": whole_number("refine", self.refine, 0, "steps"),
            "refine_features": check_features(self.refine_features),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.preserve_color and self.palette is not None:
            raise ConfigError(
                "preserve_color keeps the photograph's colors and palette gives it others; give "
                "one of the two"
            )

    def check_count(self, count: int) -> None:
        """Check that there are as many weights and masks as styles.

        Raises:
            ConfigError: there are more or fewer.
        """
        if self.weights is not None and len(self.weights) != count:
            raise ConfigError(f"{count} style(s) need {count} weight(s), got {len(self.weights)}")
        if self.masks is not None and len(self.masks) != count:
            raise ConfigError(
                f"{count} style(s) need a list of {count} mask(s), got {len(self.masks)}"
            )


def check_strength(strength: Any) -> float:
    """Return ``strength`` as a float.

    Raises:
        ConfigError: it is not a number from 0 to :data:`MAX_STRENGTH`.
    """
    return real_number(
        "strength",
        strength,
        f"a number from 0 to {MAX_STRENGTH:g} (0 is the photograph, 1 the trained strength)",
        0,
        MAX_STRENGTH,
    )


def check_size(size: Any) -> int:
    """Return ``size`` as an int.

    Raises:
        ConfigError: it is not a whole number from 1 to :data:`MAX_SIZE`.
    """
    found = whole_number("size", size, 1, "pixels")
    if found > MAX_SIZE:
        raise ConfigError(f"size must be at most {MAX_SIZE:,} pixels, got {found:,}")
    return found


def check_features(name: Any) -> str | None:
    """Return the name of a feature network, or None.

    Raises:
        ConfigError: there is no such network.
    """
    if name is None or (isinstance(name, str) and name in FEATURES):
        return name
    raise ConfigError(
        f"no feature network is named {name!r}{suggest(str(name), FEATURES)} (there are: "
        f"{', '.join(FEATURES)})"
    )


def _shares(weights: Any) -> tuple[float, ...]:
    """Return weights as shares of the largest one."""
    listed = weights.tolist() if isinstance(weights, np.ndarray | Tensor) else weights
    if isinstance(listed, str) or not isinstance(listed, Iterable):
        raise ConfigError(f"weights must be one number per style, such as [2, 1], got {weights!r}")
    values = [real_number("a weight", value, "a number >= 0", 0) for value in listed]
    largest = max(values, default=0.0)
    if not largest > 0:
        raise ConfigError("all weights are 0; give at least one style a weight above 0")
    return tuple(value / largest for value in values)


def _masks(masks: Any) -> tuple[Any, ...]:
    one = isinstance(masks, str | os.PathLike | Image.Image) or not isinstance(masks, Iterable)
    if one or (isinstance(masks, np.ndarray | Tensor) and masks.ndim < 3):
        raise ConfigError(
            f"masks must be a list of one mask per style, got one {type(masks).__name__}: "
            "put it into a list"
        )
    return tuple(masks)


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(f"{name} must be True or False, got {value!r}")
    return bool(value)


def _scale(scale: Any) -> float:
    return real_number(
        "scale",
        scale,
        f"a number from {1 / MAX_SCALE:g} to {MAX_SCALE:g} (2 is strokes twice as large), or None",
        1 / MAX_SCALE,
        MAX_SCALE,
    )


def _tile(tile: Any) -> int:
    found = whole_number("tile", tile, 0, "pixels")
    if 0 < found < SMALLEST_TILE:
        raise ConfigError(
            f"tile must be 0 (never), a whole number >= {SMALLEST_TILE}, or None, got {tile!r}"
        )
    return found
