"""Grain: a fixed field of noise that a generator can shape into strokes."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.ops.defaults import building

PERIOD = 512
"""Rows and columns after which the field repeats."""
OCTAVES = 4
"""Sizes of the noise: cells of 1, 2, 4 and 8 feature pixels."""
FIELDS = 8
"""Independent fields, two of each size."""
START = 0.2
"""Standard deviation of the amounts before training: from zero no gradient would lead away, since
noise of either sign is as good."""


class Grain(nn.Module):
    """Add learned amounts of a fixed noise to every channel.

    A convolution turns a flat sky into a flat sky, whatever the style asks for. All that a network
    can do about it is to amplify what little varies there, which ends in one and the same regular
    hatching for every painting. Noise is what irregular texture can be made from (texture networks,
    Ulyanov et al., 2016; per-channel noise inputs of StyleGAN, Karras et al., 2019, section 3.2).

    Here the noise is not drawn anew but depends on the place alone: the same picture comes out in
    every run, a still scene stays still in a video, and a tile gets the part of the field that
    lies under it. It comes in octaves (Perlin, 1985), fine for the brush's hairs, coarse for
    clouds of paint, which the convolutions behind it are too narrow to gather from fine noise.

    Args:
        channels: of the features.
        stride: picture pixels per feature pixel.
    """

    field: Tensor

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.amount = nn.Parameter(START * torch.randn(channels, FIELDS))
        self.register_buffer("field", noise_field(FIELDS, PERIOD), persistent=False)

    def forward(self, x: Tensor, origin: tuple[int | Tensor, int | Tensor]) -> Tensor:
        """Add grain to features [B, C, h, w].

        Args:
            x: features.
            origin: row and column of the picture, in pixels, where the features begin; int64
                tensors [] in a captured training step, which can't hold numbers that change.
        """
        row, column = (place // self.stride for place in origin)
        rows = (torch.arange(x.shape[2], device=x.device) + row) % PERIOD
        columns = (torch.arange(x.shape[3], device=x.device) + column) % PERIOD
        noise = self.field.index_select(1, rows).index_select(2, columns).to(x.dtype)
        amount = self.amount.to(x.dtype)
        if torch.jit.is_tracing():
            # A compiler adds a convolution's result where it lies, which has to be as large as the
            # features, batch and all; PyTorch's takes five times as long as the product.
            return x + F.conv2d(
                noise[None].expand(x.shape[0], -1, -1, -1), amount[:, :, None, None]
            )
        return x + torch.einsum("cf,fhw->chw", amount, noise)


@functools.lru_cache(maxsize=4)
def noise_field(fields: int, side: int) -> Tensor:
    """Return noise [fields, side, side] of variance 1/3, the same on every machine.

    Field k has cells of ``2 ** (k % OCTAVES)`` values, smoothly interpolated, and repeats without
    a seam. The smallest is white and uniform in [-1, 1). Every call returns the same tensor, which
    takes half a second to make: nobody may change it.
    """
    with building():  # it outlives the mode it is made in
        field = torch.empty(fields, side, side)
        for k in range(fields):
            field[k] = _enlarged(white_noise(k, side), 2 ** (k % OCTAVES))
        return field


def white_noise(field: int, side: int) -> Tensor:
    """Return a field of white noise in [-1, 1), uniform, [side, side]; the same on every machine.

    Each value is a hash of its index among those of all fields (the finaliser of MurmurHash3, by
    Appleby), in whole numbers throughout, so that nothing depends on a version's random generator.
    """
    value = torch.arange(side * side, dtype=torch.int64) + (field * side * side + 1)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        value = ((value ^ (value >> shift)) * factor) & 0xFFFFFFFF
    return (value.double() / 2**31 - 1).float().view(side, side)


def _enlarged(white: Tensor, cell: int) -> Tensor:
    """Spread the first values of a field [side, side] over all of it, ``cell`` times as wide."""
    if cell == 1:
        return white
    side = len(white)
    small = white[: side // cell, : side // cell][None, None]
    around = F.pad(small, (2, 2, 2, 2), mode="circular")  # as far as bicubic weights reach
    large = F.interpolate(around, scale_factor=cell, mode="bicubic", align_corners=False)
    field = large[0, 0, 2 * cell : 2 * cell + side, 2 * cell : 2 * cell + side]
    return field / field.std() * 3**-0.5
