"""Statistics of a map that comes in pieces, merged exactly (Chan et al., 1979)."""

from __future__ import annotations

import torch
from torch import Tensor


class RunningMoments:
    """Mean and variance of each channel."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Tensor | None = None
        self.deviations: Tensor | None = None

    def add(self, x: Tensor) -> None:
        """Take in a piece [B, C, h, w]."""
        if x.dtype in (torch.float16, torch.bfloat16):
            x = x.float()
        variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
        count = x.shape[-2] * x.shape[-1]
        # On the CPU, because not every device has float64.
        self._merge(count, mean.cpu().double(), variance.cpu().double() * count)

    def _merge(self, count: int, mean: Tensor, deviations: Tensor) -> None:
        if self.mean is not None and self.deviations is not None:
            total = self.count + count
            difference = mean - self.mean
            mean = self.mean + difference * (count / total)
            deviations = deviations + self.deviations
            deviations = deviations + self._square(difference) * (self.count * count / total)
        self.mean, self.deviations = mean, deviations
        self.count += count

    def _square(self, difference: Tensor) -> Tensor:
        return difference.square()

    def result(self) -> tuple[Tensor, Tensor]:
        """Return mean and biased variance, each [B, C, 1, 1] float64."""
        assert self.mean is not None
        assert self.deviations is not None
        return self.mean, self.deviations / self.count


class RunningCovariance(RunningMoments):
    """Mean of each channel, and the covariance of all channels with each other."""

    CHUNK = 65536
    """Places brought to float64 at once."""

    def add(self, x: Tensor) -> None:
        """Take in a piece [B, C, h, w]."""
        for part in x.flatten(2).split(self.CHUNK, dim=2):
            exact = part.cpu().double() if part.device.type == "mps" else part.double()
            mean = exact.mean(2, keepdim=True)
            centered = exact - mean
            scatter = centered @ centered.transpose(1, 2)
            self._merge(part.shape[2], mean[..., None], scatter)

    def _square(self, difference: Tensor) -> Tensor:
        column = difference.flatten(2)
        return column @ column.transpose(1, 2)

    def result(self) -> tuple[Tensor, Tensor]:
        """Return the mean [B, C, 1, 1] and the biased covariance [B, C, C], both float64."""
        return super().result()
