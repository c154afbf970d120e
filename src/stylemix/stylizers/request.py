"""What one call asks of a stylizer, read and checked; the same for every stylizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images import Picture, Raster, preserve_color, read, to_float
from stylemix.stylizers.mixing import weight_maps
from stylemix.stylizers.options import Options
from stylemix.types import Progress, ProgressEvent


@dataclass(frozen=True)
class Request:
    """One photograph to stylize, and how.

    Attributes:
        content: the photograph, of the result's size.
        options: as the caller gave them, checked.
        style_weights: each style's weight map, see :func:`stylemix.stylizers.mixing.weight_maps`.
        content_weight: the photograph's.
        progress: is told how far the work has come, or None.
    """

    content: Raster
    options: Options
    style_weights: tuple[Tensor, ...]
    content_weight: Tensor
    progress: Progress | None = None

    @property
    def empty(self) -> bool:
        """Whether no style holds anywhere: strength 0, or masks that leave nothing."""
        return not any(bool(weight.any()) for weight in self.style_weights)

    def report(
        self, done: int, total: int, make_picture: Callable[[], Image.Image] | None = None
    ) -> None:
        """Tell whoever listens how far the work has come.

        Args:
            done: steps done.
            total: steps in all.
            make_picture: makes the picture so far, where there is one.
        """
        if self.progress is not None:
            self.progress(ProgressEvent(done, total, make_picture))

    def over(self, pixels: Tensor) -> Request:
        """Return a request to draw over a picture; what exceeds strength 1 is left out.

        Args:
            pixels: what stands in the photograph's place, [3, H, W].
        """
        excess = (-self.content_weight).clamp_min(0)
        return replace(
            self,
            content=replace(self.content, pixels=pixels),
            style_weights=tuple(weight / (1 + excess) for weight in self.style_weights),
            content_weight=self.content_weight.clamp_min(0),
        )

    def to_image(self, pixels: Tensor) -> Image.Image:
        """Return the result with the photograph's transparency and color space, perhaps its colors.

        Args:
            pixels: what was drawn, [3, H, W], uint8 or float in [0, 1].
        """
        share = self.content_weight.clamp(0, 1)
        if self.options.preserve_color:
            pixels = preserve_color(to_float(pixels)[0], self.content.float()[0])
            share = torch.ones(1, 1, 1, 1, dtype=torch.float32, device="cpu")
        return self.content.drawn(pixels, share)


def listed(style: Any) -> list[Any]:
    """Return one style, several or None as a list."""
    if style is None:
        return []
    return list(style) if isinstance(style, list | tuple) else [style]


def read_request(
    content: Picture, count: int, options: Options, progress: Progress | None = None
) -> Request:
    """Read the photograph and its masks.

    Args:
        content: the photograph.
        count: how many styles there are.
        options: what else was asked for.
        progress: is told how far the work has come.

    Raises:
        ConfigError: there is no style, or another number of weights or masks.
        PictureError: the photograph or a mask can't be read, or the result would be too large.
    """
    if count == 0:
        raise ConfigError("the list of styles is empty; give at least one painting")
    options.check_count(count)
    photograph = read(content, keep_space=True)
    if options.size is not None:
        photograph = photograph.resized(options.size)
    style_weights, content_weight = weight_maps(
        [1.0] * count if options.weights is None else list(options.weights),
        options.masks,
        options.strength,
        *photograph.size,
    )
    return Request(photograph, options, tuple(style_weights), content_weight, progress)
