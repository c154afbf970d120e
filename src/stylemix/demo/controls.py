"""From the page's controls to the arguments of :func:`stylemix.stylize`, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from stylemix.demo.limits import Limits, check_picture, check_pixels
from stylemix.demo.regions import masks
from stylemix.errors import ConfigError, PictureError

ORIGINAL = "original"
AUTOMATIC, NEVER = "automatic", "never"
SIZES = (384, 512, 768, 1024, 1536, 2048, 3072, 4096)
TILES = (256, 384, 512, 768, 1024)
MAX_STRENGTH = 1.5
MAX_WEIGHT = 2.0
MAX_REFINE = 100
PALETTE = "the palette's painting"
"""What messages call the picture of the control ``palette``."""


def size_choices(limits: Limits) -> list[tuple[str, str]]:
    """Give labels and values of the control ``size``."""
    sides = [s for s in SIZES if s <= limits.max_side]
    return [("As the photograph", ORIGINAL), *((f"{s} px", str(s)) for s in sides)]


def tile_choices() -> list[tuple[str, str]]:
    """Give labels and values of the control ``tile``."""
    return [("Automatic", AUTOMATIC), ("Never", NEVER), *((f"{t} px", str(t)) for t in TILES)]


def feature_choices() -> list[tuple[str, str]]:
    """Give labels and values of the control ``refine_features``."""
    return [("Small network (built in)", "thin"), ("VGG-16 (slower, better)", "vgg16")]


@dataclass(frozen=True)
class Request:
    """What one press of the button asks for.

    Attributes:
        photo: path of the photograph.
        paintings: paths of one to four paintings; none where the model needs none.
        labels: what the user calls them.
        palette: path of the painting whose colours to use, or None.
        options: the other arguments of :func:`stylemix.stylize`, but for the model.
        pixels: of the result.
    """

    photo: str
    paintings: tuple[str, ...]
    labels: tuple[str, ...]
    palette: str | None
    options: dict[str, Any]
    pixels: int


def read_request(
    photo: str | None,
    paintings: Sequence[str | None],
    weights: Sequence[float],
    strength: float,
    preserve_color: bool,
    layers: Sequence[Image.Image],
    size: str,
    tile: str,
    refine: float,
    refine_features: str,
    palette: str | None,
    limits: Limits,
    own_style: bool = False,
) -> Request:
    """Check the controls' values.

    Args:
        photo: path of the upload, or None.
        paintings: of every slot, None where it is empty.
        weights: of every slot; those of empty ones are ignored.
        strength: 0 to 1.5.
        preserve_color: as for :func:`stylemix.stylize`.
        layers: the regions' drawing, see :func:`stylemix.demo.regions.masks`.
        size: a value of :func:`size_choices`.
        tile: a value of :func:`tile_choices`.
        refine: steps, 0 to 100.
        refine_features: a value of :func:`feature_choices`.
        palette: path of the painting whose colours to use, or None.
        limits: the server's bounds.
        own_style: the model draws in a style of its own, so that no painting is needed; its region
            is that of painting 1.

    Raises:
        PictureError: a picture is missing, damaged or too large.
        ConfigError: another control has a wrong value.
    """
    if photo is None:
        raise PictureError("there is no photograph yet: upload one, or choose an example")
    used = [slot for slot, painting in enumerate(paintings) if painting is not None]
    if not used and not own_style:
        raise PictureError("there is no painting yet: upload one, or choose an example")
    strength = _number(strength, "strength", MAX_STRENGTH)
    width, height = check_picture(photo, "the photograph", limits)
    chosen = tuple(str(paintings[slot]) for slot in used)
    labels = tuple(f"painting {slot + 1}" for slot in used)
    for path, label in zip(chosen, labels, strict=True):
        check_picture(path, label, limits)
    if palette is not None:
        check_picture(palette, PALETTE, limits)
    side = None if size == ORIGINAL else int(_choice(size, "size", size_choices(limits)))
    if side is not None:
        scale = side / max(width, height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        check_pixels(width, height, "the result", limits)
    options = {
        "strength": strength,
        "weights": [_number(weights[slot], f"weight {slot + 1}", MAX_WEIGHT) for slot in used]
        or None,
        "masks": masks(layers, used or [0]),
        "preserve_color": bool(preserve_color),
        "size": side,
        "tile": None
        if tile == AUTOMATIC
        else 0
        if tile == NEVER
        else int(_choice(tile, "tile", tile_choices())),
        "refine": _steps(refine),
        "refine_features": _choice(refine_features, "refine_features", feature_choices()),
    }
    return Request(photo, chosen, labels, palette, options, width * height)


def _number(value: Any, name: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ConfigError(f"{name} must be a number between 0 and {most}, got {value!r}")
    return float(value)


def _steps(value: Any) -> int:
    number = _number(value, "refine", MAX_REFINE)
    if number != int(number):
        raise ConfigError(f"refine must be a whole number of steps, got {value!r}")
    return int(number)


def _choice(value: Any, name: str, choices: list[tuple[str, str]]) -> str:
    known = [choice for _, choice in choices]
    if value not in known:
        raise ConfigError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return str(value)
