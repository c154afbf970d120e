"""Pure functions of feature maps, and the one module that measures a picture's statistics."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-5


def moments(x: Tensor, eps: float = EPSILON) -> tuple[Tensor, Tensor]:
    """Give each channel's mean and deviation over space, in float32.

    ``mean = E[x]``, ``std = sqrt(E[(x - mean)^2] + eps)``; the variance is the biased one, so
    that a normalised map is exactly what instance normalisation gives (Ulyanov et al., 2016).

    Args:
        x: features [B, C, h, w].
        eps: added to the variance, in squared feature units.

    Returns:
        Mean and deviation, each [B, C, 1, 1] float32 (float64 for float64 input).
    """
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    var, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
    return mean, (var + eps).sqrt()


def gram(x: Tensor) -> Tensor:
    """Give the Gram matrix ``G = F F^T / (C h w)`` of Johnson et al. (2016), section 3.2.

    Args:
        x: features [B, C, h, w].

    Returns:
        Symmetric positive semi-definite matrices [B, C, C], float32 (float64 for float64 input).
    """
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    b, c, h, w = x.shape
    flat = x.reshape(b, c, h * w)
    return torch.bmm(flat, flat.transpose(1, 2)) / (c * h * w)


def total_variation(image: Tensor) -> Tensor:
    """Give the mean squared difference of neighbouring pixels, [B, C, H, W] in [0, 1] -> scalar."""
    vertical = (image[:, :, 1:] - image[:, :, :-1]).square().mean()
    horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean()
    return vertical + horizontal


class ContentMoments(nn.Module):
    """Measure a feature map's channel means and deviations over the *whole* picture.

    Every normalisation in a generator and every injection that needs statistics of the content
    owns one. Tiled rendering sets ``frozen`` to the statistics of the whole picture, so that a
    tile is normalised as the picture it was cut from.

    Attributes:
        frozen: mean and deviation [B, C, 1, 1] to give instead of measuring, or None.
    """

    def __init__(self, eps: float = EPSILON) -> None:
        super().__init__()
        self.eps = eps
        self.frozen: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give mean and deviation, each [B, C, 1, 1], of features [B, C, h, w]."""
        if self.frozen is not None:
            return self.frozen
        return moments(x, self.eps)

    def normalize(self, x: Tensor) -> Tensor:
        """Give ``(x - mean) / std`` in the type of ``x``."""
        mean, std = self(x)
        return ((x - mean) / std).to(x.dtype)
