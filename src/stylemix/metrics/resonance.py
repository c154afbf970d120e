"""Resonance: a fine pattern that a network repeats over a whole picture, of whatever period."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images.color import luma

SIDE = 128
"""Pixels of the square blocks whose spectra are averaged, half a block apart."""
BAND = (0.09, 0.45)
"""Frequencies that are looked at, in cycles a pixel: periods from 2.2 to 11 pixels."""
_NEAR, _FAR = 3.5, 6.2
"""Radii of the ring around a frequency that it is compared with, in steps of the spectrum."""


def resonance(image: Tensor) -> float:
    """Measure how far one frequency stands out of those around it, all over a picture.

    A network whose input is smooth fills it with the pattern that its layers amplify most, hatching
    or a weave of a few pixels, the same for every photograph and painting.
    :func:`stylemix.metrics.artifacts.checkerboard` sees such patterns where their period is 2 or 4
    pixels; a picture that was enlarged has them at any other.

    The power spectra of the luminance of all blocks, under a Hann window, are averaged, so that
    lines and textures of single places lose weight. The root of the mean power of 3 x 3
    frequencies, over the median of the ring around them; the largest in the band. Photographs and
    paintings have 1.5 to 3.5, the latter where boards or bricks fill them.

    Args:
        image: [3, H, W] RGB in [0, 1].

    Raises:
        ConfigError: it is smaller than a block.
    """
    if min(image.shape[-2:]) < SIDE:
        raise ConfigError(
            f"resonance can't be measured in a picture of {image.shape[-1]} x {image.shape[-2]}: "
            f"give at least {SIDE} x {SIDE}"
        )
    power = _mean_power(luma(image.double())[0])[None, None]
    peaks = F.avg_pool2d(F.pad(power, (1,) * 4, mode="circular"), 3, 1)[0, 0]
    reach = int(_FAR)
    steps = torch.arange(-reach, reach + 1, device=image.device)
    far = (steps[:, None].square() + steps.square()).sqrt().flatten()
    around = F.unfold(F.pad(power, (reach,) * 4, mode="circular"), 2 * reach + 1)[0]
    ring = around[(far >= _NEAR) & (far <= _FAR)].median(0).values.view_as(peaks)
    frequency = torch.fft.fftfreq(SIDE, device=image.device)
    radius = (frequency[:, None].square() + frequency.square()).sqrt()
    band = (radius > BAND[0]) & (radius < BAND[1])
    return float((peaks / ring)[band].max().sqrt())


def _mean_power(gray: Tensor) -> Tensor:
    """Return the mean power spectrum of a map's blocks, [SIDE, SIDE], with that of rounding."""
    window = torch.hann_window(SIDE, dtype=gray.dtype, device=gray.device)
    window = window[:, None] * window
    total = torch.zeros_like(window)
    rows, columns = (range(0, size - SIDE + 1, SIDE // 2) for size in gray.shape)
    for row in rows:
        blocks = torch.stack([gray[row : row + SIDE, c : c + SIDE] for c in columns])
        blocks = blocks - (blocks * window).sum((1, 2), keepdim=True) / window.sum()
        total += torch.fft.fft2(blocks * window).abs().square().sum(0)
    # Rounding to 8 bits has this much power at every frequency; flat pictures need it.
    return total / (len(rows) * len(columns)) + window.square().sum() * (1 / 255) ** 2 / 12
