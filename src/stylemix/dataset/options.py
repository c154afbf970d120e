"""What may be asked of a stylised data set, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.registries import suggest
from stylemix.types import real_number, whole_number

LAYOUTS = ("folder", "shards", "parquet")
"""How a data set lies on a disk: a tree of picture files, tar shards, Parquet files."""

FORMATS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}
"""How pictures may be written, and the ending of their files."""


@dataclass(frozen=True)
class DatasetOptions:
    """What decides every byte of the output besides source, paintings, model and runtime.

    Attributes:
        seed: of all that is drawn.
        per_image: results for each picture of the source.
        strength: least and most; each result's is drawn evenly between them.
        paintings_per_image: how many paintings each result mixes, in equal parts.
        keep_original: probability that a result is the picture itself, resized and cropped only.
        size: pixels of the short side, or None for the picture's own.
        crop: pixels of the side of the square cut from the middle, or None.
        format: a name of :data:`FORMATS`.
        quality: of JPEG and WebP, 1 to 100.
        shard_size: results in a shard; in a folder, results that are finished together.
        batch: pictures of equal size that pass the network together.

    Raises:
        ConfigError: a value is out of range.
    """

    seed: int = 0
    per_image: int = 1
    strength: tuple[float, float] = (1.0, 1.0)
    paintings_per_image: int = 1
    keep_original: float = 0.0
    size: int | None = None
    crop: int | None = None
    format: str = "jpeg"
    quality: int = 95
    shard_size: int = 500
    batch: int = 1

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {
            "seed": whole_number("seed", self.seed, 0),
            "strength": checked_range(self.strength),
            "keep_original": real_number(
                "keep_original", self.keep_original, "a probability from 0 to 1", 0, 1
            ),
        }
        for name in ("per_image", "paintings_per_image", "shard_size", "batch", "quality"):
            checked[name] = whole_number(name, getattr(self, name), 1)
        for name in ("size", "crop"):
            value = getattr(self, name)
            checked[name] = None if value is None else whole_number(name, value, 1, "pixels")
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.quality > 100:
            raise ConfigError(f"quality must be a whole number from 1 to 100, got {self.quality}")
        if self.format not in FORMATS:
            raise ConfigError(
                f"format must be one of {', '.join(FORMATS)}, got {self.format!r}"
                + suggest(str(self.format), FORMATS)
            )
        if self.size is not None and self.crop is not None and self.crop > self.size:
            raise ConfigError(
                f"crop ({self.crop}) must not exceed size ({self.size}), the short side that it "
                "is cut from"
            )


def checked_range(strength: Any) -> tuple[float, float]:
    """Return least and most of a strength given as one number or as two.

    Raises:
        ConfigError: it is neither, or they are out of [0, 1] or in the wrong order.
    """
    # Beyond 1 a network leaves what it was trained for, which is no data to train others on.
    pair = tuple(strength) if isinstance(strength, list | tuple) else (strength, strength)
    allowed = "a number from 0 to 1, or two such as (0.5, 1)"
    if len(pair) != 2:
        raise ConfigError(f"strength must be {allowed}, got {strength!r}")
    low, high = (real_number("strength", value, allowed, 0, 1) for value in pair)
    if low > high:
        raise ConfigError(f"strength must rise, such as (0.5, 1), got {strength!r}")
    return low, high
