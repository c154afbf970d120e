"""What is asked of a stylizer, checked; and the finished picture. The same for every stylizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images import Picture, read, resize, to_float, to_pil
from stylemix.images.color import preserve_color as keep_color
from stylemix.injections.style import Style
from stylemix.stylizers.mixing import check_strength, check_weights, style_weights


@dataclass(frozen=True)
class Request:
    """One photograph to stylise, with everything checked that the caller gave.

    Attributes:
        rgb: [3, H, W], uint8 or float in [0, 1], of the result's size.
        alpha: [H, W] uint8, or None.
        icc: colour profile, or None.
        strength: >= 0.
        parts: each style's weight map, see :func:`stylemix.stylizers.mixing.style_weights`.
        rest: the content's.
        tile: 0, a number >= 64, or None.
        preserve_color: whether to keep the photograph's colours.
    """

    rgb: Tensor
    alpha: Tensor | None
    icc: bytes | None
    strength: float
    parts: list[Tensor]
    rest: Tensor
    tile: int | None
    preserve_color: bool

    @property
    def empty(self) -> bool:
        """Whether no style holds anywhere: strength 0, or masks that leave nothing."""
        return not any(bool(p.any()) for p in self.parts)

    def finish(self, out: Tensor) -> Image.Image:
        """Make the result of a picture [3, H, W] that the network gave."""
        if self.preserve_color:
            out = keep_color(to_float(out)[0], to_float(self.rgb)[0])
        return to_pil(out, self.alpha, self.icc)


def as_list(style: Any, otherwise: Any = None) -> list[Any]:
    """Give one style or several as a list.

    Args:
        style: as in :func:`stylemix.stylize`.
        otherwise: what to take where none is given; None refuses.

    Raises:
        ConfigError: no style is given, but one is needed.
    """
    given = [] if style is None else style
    styles = list(given) if isinstance(given, list | tuple) else [given]
    if not styles and otherwise is not None:
        return [otherwise]
    if not styles:
        raise ConfigError("the list of styles is empty; give at least one painting")
    return styles


def make_request(
    content: Picture,
    count: int,
    *,
    strength: float,
    weights: Sequence[float] | None,
    masks: Sequence[Picture] | None,
    preserve_color: bool,
    palette: Picture | Style | None,
    size: int | None,
    tile: int | None,
) -> Request:
    """Check the arguments of :func:`stylemix.stylize` and read the photograph.

    Args:
        content: the photograph.
        count: how many styles there are.
        strength: as given.
        weights: as given.
        masks: as given.
        preserve_color: as given.
        palette: as given.
        size: as given.
        tile: as given.

    Raises:
        ConfigError: an argument is out of range.
        PictureError: the photograph or a mask can't be read.
    """
    strength = check_strength(strength)
    checked = check_weights(weights, count)
    if preserve_color and palette is not None:
        raise ConfigError(
            "preserve_color keeps the photograph's colours and palette gives it "
            "others; give one of the two"
        )
    if tile is not None and (not isinstance(tile, int) or (tile != 0 and tile < 64)):
        raise ConfigError(f"tile must be 0 (never), a whole number >= 64, or None, got {tile!r}")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
        raise ConfigError(f"size must be a whole number of pixels >= 1, got {size!r}")
    picture = read(content)
    rgb, alpha = picture.rgb, picture.alpha
    if size is not None:
        rgb = resize(rgb, long_side=size)
        if alpha is not None:
            alpha = resize(alpha[None], long_side=size)[0]
    parts, rest = style_weights(checked, masks, strength, *rgb.shape[-2:])
    return Request(rgb, alpha, picture.icc, strength, parts, rest, tile, preserve_color)
