"""Is a photograph painted alike at two sizes, and is the large result sharp?"""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import FeatureNet
from stylemix.images import resize
from stylemix.images.color import luma
from stylemix.metrics import perceptual
from stylemix.metrics.resonance import resonance
from stylemix.metrics.strength import psnr

SMALL, LARGE = 512, 2048
"""Long sides in pixels of the two results."""


def two_sizes(
    draw: Callable[[Tensor], Tensor],
    photograph: Tensor,
    net: FeatureNet,
    *,
    small: int = SMALL,
    large: int = LARGE,
) -> dict[str, float]:
    """Compare the results of one photograph at two sizes.

    Args:
        draw: from a photograph [3, H, W] in [0, 1] to the result, of the same size.
        photograph: [3, H, W] in [0, 1]; it is resized to both sizes, enlarged where it is smaller.
        net: measures the style distance.
        small: pixels of the small one's long side.
        large: pixels of the large one's.

    Returns:
        ``sizes_psnr``: of the large result, brought to the small one's size, against the small
        one, in decibels; ``sizes_style``: the style distance of these two
        (:func:`stylemix.metrics.perceptual.style_loss`); ``sizes_sharpness``: the
        :func:`finest_octave` of the large result over the photograph's; ``sizes_halos``: the
        :func:`overshoot` of the large result over the small one; ``sizes_resonance``: how far a
        repeated pattern stands out of the large one (:func:`stylemix.metrics.resonance.resonance`).
    """
    found = draw(resize(photograph, long_side=small))
    content = resize(photograph, long_side=large)
    result = draw(content)
    shrunk = F.interpolate(result[None], found.shape[-2:], mode="bicubic", antialias=True)[0]
    shrunk = shrunk.clamp(0, 1)
    looks = perceptual.describe(found, net, content=False)
    return {
        "sizes_psnr": psnr(shrunk, found),
        "sizes_style": float(
            perceptual.style_loss(perceptual.describe(shrunk, net, content=False), looks)
        ),
        # Of a grey level at least, so that flat photographs give a number.
        "sizes_sharpness": finest_octave(result) / max(finest_octave(content), 1 / 255),
        "sizes_halos": overshoot(result, found),
        "sizes_resonance": resonance(result),
    }


def finest_octave(image: Tensor) -> float:
    """Return how much detail a picture has that half as many pixels a side couldn't show.

    The root mean square of the luminance less itself at half the size, enlarged again.

    Args:
        image: [3, H, W] in [0, 1], at least 2 pixels a side.
    """
    grey = luma(image.float())[None]
    height, width = grey.shape[-2:]
    half = F.interpolate(grey, (height // 2, width // 2), mode="bicubic", antialias=True)
    return float(
        (grey - F.interpolate(half, (height, width), mode="bicubic")).square().mean() ** 0.5
    )


def overshoot(large: Tensor, small: Tensor) -> float:
    """Return how far the luminance of a large result leaves the range of the small one around it.

    Halos beside edges, and noise. The range is that of the small result's pixels within about one
    pixel; the mean over all places of what lies beyond.

    Args:
        large: [3, H, W] in [0, 1].
        small: [3, h, w], a smaller picture of the same.
    """
    light, around = luma(large.float())[None], luma(small.float())[None]
    size = light.shape[-2:]
    high = F.interpolate(F.max_pool2d(around, 3, 1, 1), size, mode="nearest-exact")
    low = F.interpolate(-F.max_pool2d(-around, 3, 1, 1), size, mode="nearest-exact")
    return float(((light - high).clamp_min(0) + (low - light).clamp_min(0)).mean())
