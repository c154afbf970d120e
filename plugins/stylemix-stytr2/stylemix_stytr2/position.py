"""Content-aware positional encoding."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ContentAwarePosition(nn.Module):
    """Positions that follow what is in the picture, not where its pixels are counted from.

    ``P_CA(x, y) = sum_kl a_kl P_L(x_k, y_l)`` with ``P_L = F_pos(AvgPool_nxn(E))`` (Deng et al.,
    2022, section 3): the map is averaged over n x n parts, whatever its size, goes through a
    1x1 convolution, and is interpolated back with the bilinear weights ``a_kl``. Pictures of the
    same content have the same encoding at every size.

    Args:
        channels: of the map.
        grid: n, parts a side; 18 in the paper.
    """

    def __init__(self, channels: int, grid: int = 18) -> None:
        super().__init__()
        self.grid = grid
        self.project = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the encoding of a map [B, C, h, w], of the same shape."""
        parts = self.project(F.adaptive_avg_pool2d(x, self.grid))
        return F.interpolate(parts, size=x.shape[-2:], mode="bilinear", align_corners=False)
