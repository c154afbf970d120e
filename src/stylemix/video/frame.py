"""One frame of a video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from PIL import Image

from stylemix.images import Raster, fill_hidden


@dataclass(frozen=True)
class Frame:
    """One frame, upright, with square pixels.

    Attributes:
        rgb: [H, W, 3] uint8.
        time: when it appears, in seconds; the video begins at 0.
        duration: how long it stays, in seconds.
        alpha: [H, W] uint8, or None for an opaque frame.
        damage: where the frame is that can't be decoded and that this one, its neighbor, stands
            for, such as "at 1.20 s"; empty for frames that stand for themselves.
    """

    rgb: np.ndarray
    time: Fraction
    duration: Fraction
    alpha: np.ndarray | None = None
    damage: str = ""

    @property
    def rgba(self) -> np.ndarray:
        """The frame with its transparency, [H, W, 4] uint8; [H, W, 3] where it has none."""
        return self.rgb if self.alpha is None else np.dstack([self.rgb, self.alpha])

    def to_pil(self) -> Image.Image:
        """Return the frame as a PIL image, RGB or RGBA."""
        return Image.fromarray(self.rgba)

    def resized(self, long_side: int) -> Frame:
        """Return the frame with a long side of this many pixels; see :func:`images.resize`.

        Raises:
            PictureError: that would be more than :data:`images.MAX_PIXELS`.
        """
        if max(self.rgb.shape[:2]) == long_side:
            return self
        pixels = torch.from_numpy(np.ascontiguousarray(self.rgb.transpose(2, 0, 1)))
        alpha = None if self.alpha is None else torch.from_numpy(self.alpha)
        small = Raster(pixels, alpha).resized(long_side)
        return replace(
            self,
            rgb=np.ascontiguousarray(small.pixels.permute(1, 2, 0).numpy()),
            alpha=None if small.alpha is None else small.alpha.numpy(),
        )

    def filled(self) -> Frame:
        """Return the frame with its hidden colors replaced; see :func:`images.fill_hidden`."""
        if self.alpha is None:
            return self
        pixels = torch.from_numpy(np.ascontiguousarray(self.rgb.transpose(2, 0, 1)))
        shown = fill_hidden(pixels, torch.from_numpy(self.alpha > 0))
        return replace(self, rgb=np.ascontiguousarray(shown.permute(1, 2, 0).numpy()))
