"""Artifact alarms: faults that a network adds to a picture, against the photograph's own level.

The measures tell faults apart, not good pictures from bad ones. The gates were set on photographs
and paintings, see :data:`GATES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images.color import luma
from stylemix.metrics.strength import psnr

SMALLEST = 48
"""Pixels per side that the measures need."""

_SPOT, _LEAST = 7, 2
"""Pixels of the square that a spot fits into, and of a spot at least, at half size."""
_BAND = 4
"""Pixels of a band at a picture's border."""
_PERIODIC = tuple((v, h) for v in (0, 1, 2) for h in (0, 1, 2) if v or h)


@dataclass(frozen=True)
class Levels:
    """What :func:`measure` finds in one picture.

    Attributes:
        checkerboard: see :func:`checkerboard`.
        blobs: see :func:`blobs`.
        saturation: see :func:`saturation`.
        border: see :func:`border`.
    """

    checkerboard: float
    blobs: float
    saturation: float
    border: float


GATES = Levels(checkerboard=100.0, blobs=300.0, saturation=0.03, border=3.0)
"""Below them nothing is an alarm: for saturation and blobs the rise over the photograph's level,
for the other two the level itself. At 384 pixels, 40 photographs had at most 31, 246, 0.12 and
4.6 (97.5 % of them 24, 214, 0.09 and 2.7); single paintings reach 14, 1059, 0.15 and 11.5, by
dabs of the brush and painted frames."""


def measure(image: Tensor) -> Levels:
    """Measure a picture [3, H, W] in [0, 1].

    Raises:
        ConfigError: it has less than 48 pixels per side.
    """
    if min(image.shape[-2:]) < SMALLEST:
        raise ConfigError(
            f"artifacts can't be measured in a picture of {image.shape[-1]} x "
            f"{image.shape[-2]}: give at least {SMALLEST} x {SMALLEST}"
        )
    return Levels(checkerboard(image), blobs(image), saturation(image), border(image))


def alarms(output: Levels, photograph: Levels) -> dict[str, bool]:
    """Say which measures of a result are faults: above the gate, and above the photograph's level.

    A photograph that is itself saturated or carries a grid may be rendered with as much of it.
    """
    found, own, gate = asdict(output), asdict(photograph), asdict(GATES)
    return {
        name: found[name] > own[name] + gate[name]
        if name in ("blobs", "saturation")
        else found[name] > max(own[name], gate[name])
        for name in found
    }


def checkerboard(image: Tensor) -> float:
    """Measure how far a pattern of period 2 or 4 pixels stands out of the spectrum, 1 for noise.

    The power of the luminance under a Hann window, averaged over 3 x 3 frequencies around each
    of (pi, pi), (pi, 0), (0, pi) and those with pi/2, over the median power of the ring around
    them; the largest of these ratios. Transposed convolutions and nearest-neighbour upsampling
    leave such patterns (Odena et al., 2016).

    Args:
        image: [3, H, W] RGB in [0, 1].
    """
    gray = luma(image.double())[0]
    height, width = (side // 4 * 4 for side in gray.shape)  # then pi/2 is a frequency of its own
    gray = gray[:height, :width]
    window = torch.hann_window(height, dtype=gray.dtype, device=gray.device)[
        :, None
    ] * torch.hann_window(width, dtype=gray.dtype, device=gray.device)
    gray = gray - (gray * window).sum() / window.sum()
    power = torch.fft.fft2(gray * window).abs().square()
    # Rounding to 8 bits has this much power at every frequency; flat pictures need the floor.
    floor = float(window.square().sum()) * (1 / 255) ** 2 / 12
    peaks = []
    for vertical, horizontal in _PERIODIC:
        around = power.roll((8 - vertical * height // 4, 8 - horizontal * width // 4), (0, 1))
        patch = around[:17, :17]
        ring = torch.ones_like(patch, dtype=torch.bool)
        ring[4:13, 4:13] = False
        peaks.append(patch[7:10, 7:10].mean() / patch[ring].median().clamp_min(floor))
    return float(torch.stack(peaks).max())


def blobs(image: Tensor) -> float:
    """Count the isolated spots per megapixel.

    At half size, a pixel belongs to a spot when its luminance differs from the median of the
    9 x 9 pixels around it by more than 0.1 and by more than 6 robust deviations (1.4826 times
    their median absolute difference from that median): it stands out of calm surroundings.
    Connected pixels are one spot; it counts with at least 2 such pixels (8 of the picture) and
    while it fits into a 7 x 7 square, as lines and edges don't.

    Args:
        image: [3, H, W] RGB in [0, 1].
    """
    gray = F.avg_pool2d(luma(image.float())[None], 2)
    height, width = gray.shape[-2:]
    around = F.unfold(F.pad(gray, (4, 4, 4, 4), "reflect"), 9)[0]
    middle = around.median(0).values
    deviation = 1.4826 * (around - middle).abs().median(0).values
    residual = (gray.reshape(-1) - middle).abs()
    mask = (residual > (6 * deviation).clamp_min(0.1)).reshape(1, 1, height, width)
    return _count_small(mask) / (height * width * 4 / 1e6)


def _count_small(mask: Tensor) -> int:
    """Count the 8-connected regions that fit into a square and have enough pixels."""
    height, width = mask.shape[-2:]
    number = torch.arange(1, height * width + 1, device=mask.device, dtype=torch.float64)
    label = torch.where(mask, number.reshape(mask.shape), 0.0)
    # A region that fits into the square takes at most _SPOT**2 steps to get one label; one that
    # needs more is a line and falls apart into labels that touch, which the last test finds.
    for _ in range(_SPOT * _SPOT):
        spread = torch.where(mask, F.max_pool2d(label, 3, 1, 1), 0.0)
        if torch.equal(spread, label):
            break
        label = spread
    unsettled = label[(torch.where(mask, F.max_pool2d(label, 3, 1, 1), 0.0) != label)].unique()
    rows, columns = mask[0, 0].nonzero(as_tuple=True)
    if not len(rows):
        return 0
    names, region = label[0, 0, rows, columns].unique(return_inverse=True)
    area = torch.bincount(region, minlength=len(names))
    small = area >= _LEAST
    for position in (rows, columns):
        start = position.new_full((len(names),), max(height, width))
        low = start.scatter_reduce(0, region, position, "amin")
        high = (start * 0).scatter_reduce(0, region, position, "amax")
        small &= high - low < _SPOT
    return int((small & ~torch.isin(names, unsettled)).sum())


def saturation(image: Tensor) -> float:
    """Measure the share of values below 1/255 or above 254/255: clipped highlights and shadows.

    Args:
        image: [3, H, W] RGB in [0, 1].
    """
    return float(((image < 1 / 255) | (image > 254 / 255)).float().mean())


def border(image: Tensor) -> float:
    """Measure how much the picture's frame stands out, about 1 for a picture that simply ends.

    Per side, the mean color difference between the outermost 4 pixels and the next 4, over the mean
    of the same difference between the next eight neighboring bands; the largest of the four. Zero
    padding in a network makes a frame.

    Args:
        image: [3, H, W] RGB in [0, 1].
    """
    ratios = []
    for picture in (image.float(), image.float().transpose(1, 2)):
        for turned in (picture, picture.flip(1)):  # bands counted from either end
            bands = len(turned[0]) // _BAND
            means = turned[:, : bands * _BAND].reshape(3, bands, _BAND, -1).mean(2)
            steps = (means[:, 1:] - means[:, :-1]).abs().mean((0, 2))
            # A step of one gray level is the least that can be seen.
            ratios.append(steps[0] / steps[1:9].mean().clamp_min(1 / 255))
    return float(torch.stack(ratios).max())


def shift_stability(
    method: Callable[[Tensor], Tensor],
    content: Tensor,
    *,
    shift: int = 1,
    result: Tensor | None = None,
) -> float:
    """Measure how equally a photograph and its shifted crop are rendered, as PSNR in decibels.

    The crop leaves out the first ``shift`` rows and columns; both renderings are compared where
    they show the same, without the outer twentieth of each side. Flicker in a video and texture
    that hangs on the pixel grid lower it; 100 dB is given for equal pictures.

    Args:
        method: picture [3, H, W] in [0, 1] to rendered picture of the same shape.
        content: [3, H, W] RGB in [0, 1].
        shift: pixels.
        result: ``method(content)`` where it is at hand.
    """
    whole = method(content) if result is None else result
    a, b = whole[:, shift:, shift:], method(content[:, shift:, shift:].contiguous())
    top, left = (max(1, side // 20) for side in a.shape[-2:])
    inner = (slice(None), slice(top, -top), slice(left, -left))
    return psnr(a[inner], b[inner])
