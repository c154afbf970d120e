"""Pure functions of feature maps, and the modules that measure a picture's statistics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.ops.running_statistics import RunningCovariance, RunningMoments

EPSILON = 1e-5


def moments(x: Tensor, eps: float = EPSILON) -> tuple[Tensor, Tensor]:
    """Measure each channel's mean and deviation over space, in float32.

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


def standardize(x: Tensor, eps: float = EPSILON) -> Tensor:
    """Compute ``(x - mean) / std`` of :func:`moments`, for training on a GPU in half precision.

    The same numbers by fewer passes over memory, of which a chain of small operations and its
    gradient need about forty: sums are in float32, but no map is, and no order of memory changes.

    Args:
        x: features [B, C, h, w].
        eps: added to the variance.
    """
    return _Standardize.apply(x, eps)  # type: ignore[no-any-return,no-untyped-call]


class _Standardize(torch.autograd.Function):
    """With ``y = (x - mean) / std``: ``dx = (g - E[g] - y E[g y]) / std``."""

    @staticmethod
    def forward(context: Any, x: Tensor, eps: float) -> Tensor:
        count = x.shape[2] * x.shape[3]
        mean = x.sum((2, 3), keepdim=True, dtype=torch.float32) / count
        square = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True, dtype=torch.float32).square()
        scale = ((square / count - mean.square()).clamp_min(0) + eps).rsqrt()
        y = torch.addcmul(-mean * scale, x, scale, out=torch.empty_like(x))
        context.save_for_backward(y, scale)
        return y

    @staticmethod
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        y, scale = context.saved_tensors
        count = y.shape[2] * y.shape[3]
        mean = grad.sum((2, 3), keepdim=True, dtype=torch.float32) / count
        along = (grad * y).sum((2, 3), keepdim=True, dtype=torch.float32) / count
        offset = torch.addcmul(-mean * scale, y, -along * scale, out=torch.empty_like(y))
        return torch.addcmul(offset, grad, scale, out=torch.empty_like(y)), None


def covariance(x: Tensor) -> tuple[Tensor, Tensor]:
    """Measure each channel's mean and the biased covariance of channels over space, in float64.

    ``S = E[(x - mean) (x - mean)^T]``, the statistic of Li et al. (2017), section 3.2, which
    divide by ``h w - 1``. Differentiable, and memory beyond ``x`` is bounded.

    Args:
        x: features [B, C, h, w].

    Returns:
        Mean [B, C, 1, 1] and covariance [B, C, C].
    """
    measured = RunningCovariance()
    measured.add(x)
    return measured.result()


def total_variation(image: Tensor) -> Tensor:
    """Return the mean squared difference of neighboring pixels of [B, C, H, W] in [0, 1]."""
    vertical = (image[:, :, 1:] - image[:, :, :-1]).square().mean()
    horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean()
    return vertical + horizontal


def binomial(x: Tensor) -> Tensor:
    """Filter [B, C, h, w] with [1, 2, 1] / 4 along both axes, mirrored at the edges.

    Its frequency response is ``cos^2(w / 2)`` along each axis: 1 at 0, exactly 0 at the Nyquist
    frequency. ``h`` and ``w`` are at least 2.
    """
    x = F.pad(x, (1, 1, 1, 1), mode="reflect")
    return F.avg_pool2d(F.avg_pool2d(x, 2, stride=1), 2, stride=1)


LARGE = 1 << 19
"""Pixels of a picture from which on its moments are taken of some places only."""

SPACING = 16
"""Pixels between these places, down and across."""


_as_large: ContextVar[bool | None] = ContextVar("_as_large", default=None)


def is_large(height: int, width: int) -> bool:
    """Tell whether a picture of this size has its moments taken of some places only."""
    said = _as_large.get()
    return bool(height * width >= LARGE) if said is None else said


@contextmanager
def measured_as(*, large: bool) -> Iterator[None]:
    """Within it, this thread takes the moments of any picture as those of large, or small, ones.

    A graph for large pictures can be traced and compared with small ones so.
    """
    token = _as_large.set(large)
    try:
        yield
    finally:
        _as_large.reset(token)


class ContentMoments(nn.Module):
    """Measure a feature map's channel means and deviations over the *whole* picture.

    Of a large picture's maps it looks at places :data:`SPACING` pixels apart: to read all of such a
    map takes longer than the convolution that made it, and two thousand places and more, spread
    evenly, have nearly its moments (``benchmarks/moments.py`` says how nearly). While gradients are
    taken, all places count.

    Every normalisation in a generator and every injection that needs statistics of the content
    owns one, and asks it by calling it or by :meth:`normalize`. Tiled rendering answers in its
    place with the statistics of the whole picture, so that a tile is normalized as the picture it
    was cut from (:mod:`stylemix.stylizers.tiling`).

    Args:
        eps: added to the variance, in squared feature units.
        stride: picture pixels per place of the map; None measures all places of any picture.
    """

    def __init__(self, eps: float = EPSILON, *, stride: int | None = None) -> None:
        super().__init__()
        self.eps = eps
        self.stride = stride

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Measure mean and deviation, each [B, C, 1, 1], of features [B, C, h, w]."""
        return moments(x if x.requires_grad else self.sampled(x), self.eps)

    def sampled(
        self, x: Tensor, whole: tuple[int, int] | None = None, origin: tuple[int, int] = (0, 0)
    ) -> Tensor:
        """Return the places that are measured.

        Args:
            x: features [B, C, h, w], or a piece of them.
            whole: height and width of the features that x is a piece of.
            origin: row and column of them where the piece begins.

        Returns:
            Some of the rows and columns of x, maybe none.
        """
        step = self._step(*(whole or x.shape[2:]))
        row, column = ((step // 2 - first) % step for first in origin)
        return x[:, :, row::step, column::step] if step > 1 else x

    def _step(self, height: int, width: int) -> int:
        """Return which multiples of rows and columns are measured of a map."""
        if self.stride is None or not is_large(height * self.stride, width * self.stride):
            return 1
        return max(1, SPACING // self.stride)

    def normalize(self, x: Tensor) -> Tensor:
        """Return ``(x - mean) / std`` in the type of ``x``."""
        if x.is_cuda and x.requires_grad:
            return standardize(x, self.eps)
        mean, std = self(x)
        return ((x - mean) / std).to(x.dtype)

    def running(self) -> RunningMoments:
        """Return what measures a picture that comes in tiles."""
        return RunningMoments()

    def known(self, mean: Tensor, measured: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Turn what :meth:`running` measured into an answer of type and device of ``like``."""
        std = (measured + self.eps).sqrt()
        return mean.to(like.dtype).to(like.device), std.to(like.dtype).to(like.device)


class ContentCovariance(ContentMoments):
    """Measure a feature map's channel means and their covariance over the *whole* picture.

    As :class:`ContentMoments`, for mechanisms that need more than deviations.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Measure mean and covariance of features [B, C, h, w], in float64."""
        return covariance(x)

    def normalize(self, x: Tensor) -> Tensor:
        """Return ``x - mean`` in the type of ``x``."""
        return (x - self(x)[0].to(x.device)).to(x.dtype)

    def running(self) -> RunningCovariance:
        """Return what measures a picture that comes in tiles."""
        return RunningCovariance()

    def known(self, mean: Tensor, measured: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Turn what :meth:`running` measured into an answer of type and device of ``like``."""
        return mean.to(like.device), measured.to(like.device)
