"""Other sizes: antialiased, and with nothing of what is transparent."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.types import whole_number


def resize(
    tensor: Tensor, *, short_side: int | None = None, long_side: int | None = None
) -> Tensor:
    """Resize a picture to a side's length with an antialiased bicubic filter.

    Args:
        tensor: [C, H, W] or [N, C, H, W], uint8 or float in [0, 1].
        short_side: pixels that the shorter side gets; or
        long_side: pixels that the longer side gets. The other side follows, at least 1 pixel.

    Returns:
        The picture with as many dimensions and of the same type; floats stay in [0, 1].

    Raises:
        ConfigError: not exactly one side is given, or it is below 1.
    """
    height, width = sides(tensor, short_side=short_side, long_side=long_side)
    return resample(tensor, height, width, "bicubic")


def sides(
    tensor: Tensor, *, short_side: int | None = None, long_side: int | None = None
) -> tuple[int, int]:
    """Return height and width of a picture [..., H, W] after :func:`resize`."""
    if (short_side is None) == (long_side is None):
        raise ConfigError("give resize either short_side or long_side")
    target = short_side if short_side is not None else long_side
    target = whole_number("a side", target, 1, "pixels")
    height, width = tensor.shape[-2:]
    side = min(height, width) if short_side is not None else max(height, width)
    return max(1, round(height * target / side)), max(1, round(width * target / side))


def resize_visible(pixels: Tensor, alpha: Tensor, *, long_side: int) -> tuple[Tensor, Tensor]:
    """Resize a transparent picture so that every color counts as much as it is visible.

    Colors are multiplied by their opacity before, and divided by what it became afterwards. Where
    next to nothing is visible they are resized as they are.

    Args:
        pixels: [3, H, W], uint8 or float in [0, 1].
        alpha: [H, W] uint8.
        long_side: pixels that the longer side gets.

    Returns:
        The pixels of the same type, and the opacity, uint8.
    """
    height, width = sides(alpha, long_side=long_side)
    opacity = alpha[None].float() / 255
    shown = _interpolate(opacity, height, width)
    # The filter overshoots beside edges, so that small opacities say nothing exact.
    trust = (shown * _TRUSTED).clamp_(0, 1)
    channels = []
    for channel in pixels:
        own = (channel.float() / 255 if pixels.dtype == torch.uint8 else channel)[None]
        plain = _interpolate(own, height, width)
        weighted = _interpolate(own * opacity, height, width)
        channels.append(torch.lerp(plain, weighted / shown.clamp_min(1e-3), trust))
    out = torch.cat(channels).clamp_(0, 1)
    if pixels.dtype == torch.uint8:
        out = (out * 255).round_().to(torch.uint8)
    return out, (shown[0].clamp_(0, 1) * 255).round_().to(torch.uint8)


def resize_difference(difference: Tensor, alpha: Tensor | None, height: int, width: int) -> Tensor:
    """Resize int16 differences [3, H, W]; those of transparent pixels count as 0.

    Args:
        difference: in levels.
        alpha: [H, W] uint8, or None.
        height: of the result.
        width: of the result.
    """
    opacity = None if alpha is None else alpha.float() / 255
    channels = [
        _interpolate((c.float() if opacity is None else c * opacity)[None], height, width)
        for c in difference
    ]
    return torch.cat(channels).round_().to(torch.int16)


_TRUSTED = 16
"""Opacities above a sixteenth are divided by; from there on down the plain colors fade in."""


def resample(tensor: Tensor, height: int, width: int, mode: str) -> Tensor:
    """Resize [C, H, W] or [N, C, H, W] with an antialiased filter; floats stay in [0, 1]."""
    if (height, width) == tuple(tensor.shape[-2:]):
        return tensor
    batch = tensor if tensor.ndim == 4 else tensor[None]
    if tensor.dtype == torch.uint8 and min(height, width, *tensor.shape[-2:]) == 1:
        # torch's kernel for bytes takes one-pixel sides for another memory layout and fails.
        return resample(tensor.float() / 255, height, width, mode).mul_(255).round_().byte()
    out = F.interpolate(batch, (height, width), mode=mode, antialias=True, align_corners=False)
    if out.is_floating_point():
        out = out.clamp_(0, 1)
    return out if tensor.ndim == 4 else out[0]


def _interpolate(tensor: Tensor, height: int, width: int) -> Tensor:
    """Resize floats [C, H, W] of any values by an antialiased bicubic filter."""
    return F.interpolate(
        tensor[None], (height, width), mode="bicubic", antialias=True, align_corners=False
    )[0]
