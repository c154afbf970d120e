"""Rows of equal dabs where a photograph is flat, as in skies."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.images.color import luma

BLOCK = 64
"""Pixels of the square blocks that are looked at, half a block apart."""
FLAT = 0.02
"""Standard deviation of the luminance of a block, its slope taken out, up to which it is flat."""
FAINT = 0.004
"""Standard deviation of a block of a result below which nothing is drawn on it."""
_NEAR, _FAR = 4, 24
"""Pixels of the shifts between which a texture that repeats itself is looked for."""


def flat_blocks(photograph: Tensor) -> Tensor:
    """Tell which blocks of a photograph are flat.

    Args:
        photograph: [3, H, W] in [0, 1].

    Returns:
        bool [N] over the blocks, row by row; empty for a picture smaller than a block.
    """
    return _deviation(_residuals(photograph)) < FLAT


def regularity(picture: Tensor, blocks: Tensor | None = None) -> float:
    """Measure how regularly a picture's texture repeats itself in small steps.

    Of each block, its slope taken out, the autocorrelation is taken under a window whose own is
    divided out; the largest value at shifts from 4 to 24 pixels that is a maximum there is the
    block's regularity. Strokes that lie as they like give about 0.2, rows of equal dabs 0.4 and
    more, a grid nearly 1.

    Args:
        picture: [3, H, W] in [0, 1].
        blocks: bool [N], those to look at; None for all.

    Returns:
        The mean over the blocks that something is drawn on, in [0, 1]; NaN where there are none.
    """
    residuals = _residuals(picture)
    if blocks is not None:
        residuals = residuals[blocks]
    residuals = residuals[_deviation(residuals) > FAINT]
    if not len(residuals):
        return float("nan")
    window = torch.hann_window(BLOCK, periodic=False, dtype=residuals.dtype).to(residuals.device)
    window = window[:, None] * window
    found = _correlation(residuals * window) / _correlation(window[None]).clamp_min(1e-3)
    found = found / found[:, BLOCK, BLOCK, None, None]
    around = F.max_pool2d(found[:, None], 3, 1, 1)[:, 0]
    steps = torch.arange(-BLOCK, BLOCK, device=found.device)
    far = (steps[:, None].square() + steps.square()).sqrt()
    peak = (found == around) & (far >= _NEAR) & (far <= _FAR)
    return float(found.where(peak, found.new_zeros(())).flatten(1).amax(1).clamp(0, 1).mean())


def _residuals(picture: Tensor) -> Tensor:
    """Return the luminance of all blocks [N, BLOCK, BLOCK], without mean and slope, float64."""
    gray = luma(picture.double())[0]
    if min(gray.shape) < BLOCK:
        return gray.new_zeros(0, BLOCK, BLOCK)
    blocks = gray.unfold(0, BLOCK, BLOCK // 2).unfold(1, BLOCK, BLOCK // 2)
    blocks = blocks.reshape(-1, BLOCK, BLOCK)
    ramp = torch.linspace(-1, 1, BLOCK, dtype=gray.dtype, device=gray.device)
    for slope in (
        torch.ones_like(ramp).expand(BLOCK, BLOCK),
        ramp[:, None].expand(BLOCK, BLOCK),
        ramp.expand(BLOCK, BLOCK),
    ):
        share = (blocks * slope).sum((1, 2)) / slope.square().sum()
        blocks = blocks - share[:, None, None] * slope
    return blocks


def _deviation(blocks: Tensor) -> Tensor:
    """Return the standard deviation of blocks without a mean, [N]."""
    return blocks.square().mean((1, 2)).sqrt()


def _correlation(blocks: Tensor) -> Tensor:
    """Return the autocorrelation [N, 2 BLOCK, 2 BLOCK], shift zero in the middle."""
    power = torch.fft.fft2(blocks, s=(2 * BLOCK, 2 * BLOCK)).abs().square()
    return torch.fft.fftshift(torch.fft.ifft2(power).real, dim=(1, 2))
