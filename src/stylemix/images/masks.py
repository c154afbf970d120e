"""Masks: where a style holds."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.errors import PictureError
from stylemix.images.color import luma
from stylemix.images.images import Picture, read, to_float
from stylemix.images.resizing import resample

_ROWS = 4_000_000  # values per step of row-wise work


def read_mask(picture: Picture, height: int, width: int) -> Tensor:
    """Read a mask for a picture of ``height`` x ``width`` pixels.

    Colors count by their luminance; transparent pixels count as black. A mask of another size is
    resized.

    Args:
        picture: as for :func:`read`.
        height: of the picture that the mask is for.
        width: of the picture that the mask is for.

    Returns:
        [1, 1, height, width], float32 in [0, 1].

    Raises:
        PictureError: it can't be read, or its proportions differ by more than 2 %.
    """
    loaded = read(picture)
    mask = _luminance(loaded.pixels)
    if loaded.alpha is not None:
        mask *= loaded.alpha.float().div_(255)
    own_height, own_width = mask.shape
    wanted = own_height * width / own_width  # the mask's height at the picture's width
    # One pixel is what rounding costs when a small picture was resized.
    if abs(wanted - height) > max(0.02 * height, 1):
        raise PictureError(
            f"the mask ({loaded.source}) is {own_width} x {own_height} pixels, but the picture is "
            f"{width} x {height}: crop or resize the mask to the picture's proportions"
        )
    out = resample(mask[None, None], height, width, "bilinear")
    # The filter's weights sum to one only up to rounding; white must stay exactly white.
    out[out > 1 - 1e-6] = 1
    out[out < 1e-6] = 0
    return out


def _luminance(rgb: Tensor) -> Tensor:
    """Return the luma [H, W] of a picture [3, H, W] in [0, 1]; exact for grey."""
    out = torch.empty(rgb.shape[-2:], dtype=torch.float32, device=rgb.device)
    step = max(1, _ROWS // (3 * rgb.shape[-1]))
    for start in range(0, rgb.shape[-2], step):
        out[start : start + step] = luma(to_float(rgb[:, start : start + step])[0])[0]
    return out.clamp_(0, 1)
