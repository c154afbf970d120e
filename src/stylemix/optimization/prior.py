"""What a picture should be whatever it shows: calm between neighbours, and inside its range."""

from __future__ import annotations

from torch import Tensor

from stylemix.ops import total_variation

MARGIN = 0.015
"""Values nearer than this to black or white are pushed back: so they end short of clipping."""


def prior(image: Tensor, variation: float, bounds: float) -> Tensor:
    """Return ``variation * TV + bounds * mean(distance beyond the margin)^2``.

    Args:
        image: [1, 3, H, W]; values may lie outside [0, 1].
        variation: weight of the mean squared difference of neighbouring pixels.
        bounds: weight of the mean squared distance by which values leave [0.015, 0.985].
    """
    beyond = (image - image.clamp(MARGIN, 1 - MARGIN)).square().mean()
    return bounds * beyond + variation * total_variation(image)
