"""Pure functions of feature maps, and the modules that measure a picture's statistics."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.ops.running_statistics import RunningCovariance, RunningMoments

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


def standardize(x: Tensor, eps: float = EPSILON) -> Tensor:
    """Give ``(x - mean) / std`` of :func:`moments`, for training on a GPU in half precision.

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
    """Give each channel's mean and the biased covariance of channels over space, in float64.

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


def gram(x: Tensor) -> Tensor:
    """Give the Gram matrix ``G = F F^T / (C h w)`` of Johnson et al. (2016), section 3.2.

    Args:
        x: features [B, C, h, w].

    Returns:
        Symmetric positive semi-definite matrices [B, C, C], float32 (float64 for float64 input).
    """
    _, c, h, w = x.shape
    # Places before channels: for maps in ``channels_last`` this copies nothing.
    flat = x.permute(0, 2, 3, 1).flatten(1, 2)
    if x.dtype == torch.bfloat16 and x.is_cuda and _sums_in_float32(x.device):
        return _Products.apply(flat) / (c * h * w)  # type: ignore[no-any-return,no-untyped-call]
    if x.dtype in (torch.float16, torch.bfloat16):
        flat = flat.float()
    # Autocast would round the sums to the 8 bits of bfloat16's mantissa.
    with torch.autocast(x.device.type, enabled=False):
        return torch.bmm(flat.transpose(1, 2), flat) / (c * h * w)


class _Products(torch.autograd.Function):
    """``X^T X`` of features [B, P, C] in bfloat16, with sums in float32 but no copy in float32."""

    @staticmethod
    def forward(context: Any, flat: Tensor) -> Tensor:
        context.save_for_backward(flat)
        return _product(flat.transpose(1, 2), flat)

    @staticmethod
    def backward(context: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        (flat,) = context.saved_tensors
        return torch.bmm(flat, (grad + grad.transpose(1, 2)).to(flat.dtype))


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply batches of matrices with sums in float32; only CUDA does so without copies."""
    with torch.autocast(a.device.type, enabled=False):
        if a.is_cuda:
            return torch.bmm(a, b, out_dtype=torch.float32)
        return torch.bmm(a.float(), b.float())


@functools.lru_cache(maxsize=8)
def _sums_in_float32(device: torch.device) -> bool:
    """Tell whether a GPU multiplies bfloat16 matrices with float32 results."""
    try:
        one = torch.ones(1, 8, 8, dtype=torch.bfloat16, device=device)
        torch.bmm(one, one, out_dtype=torch.float32)
    except (RuntimeError, TypeError):
        return False
    return True


def total_variation(image: Tensor) -> Tensor:
    """Give the mean squared difference of neighbouring pixels, [B, C, H, W] in [0, 1] -> scalar."""
    vertical = (image[:, :, 1:] - image[:, :, :-1]).square().mean()
    horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean()
    return vertical + horizontal


def binomial(x: Tensor) -> Tensor:
    """Filter [B, C, h, w] with [1, 2, 1] / 4 along both axes, mirrored at the edges.

    Its frequency response is ``cos^2(w / 2)`` an axis: 1 at 0, exactly 0 at the Nyquist frequency.
    ``h`` and ``w`` are at least 2.
    """
    x = F.pad(x, (1, 1, 1, 1), mode="reflect")
    return F.avg_pool2d(F.avg_pool2d(x, 2, stride=1), 2, stride=1)


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
        if self.frozen is None and x.is_cuda and x.requires_grad:
            return standardize(x, self.eps)
        mean, std = self(x)
        return ((x - mean) / std).to(x.dtype)

    def running(self) -> RunningMoments:
        """Give what measures a picture that comes in tiles."""
        return RunningMoments()

    def known(self, mean: Tensor, measured: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Turn what :meth:`running` measured into an answer of type and device of ``like``."""
        std = (measured + self.eps).sqrt()
        return mean.to(like.dtype).to(like.device), std.to(like.dtype).to(like.device)


class ContentCovariance(ContentMoments):
    """Measure a feature map's channel means and their covariance over the *whole* picture.

    As :class:`ContentMoments`, for mechanisms that need more than deviations.

    Attributes:
        frozen: mean [B, C, 1, 1] and covariance [B, C, C] to give instead of measuring, or None.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give mean and covariance of features [B, C, h, w], in float64."""
        if self.frozen is not None:
            return self.frozen
        return covariance(x)

    def normalize(self, x: Tensor) -> Tensor:
        """Give ``x - mean`` in the type of ``x``."""
        return (x - self(x)[0].to(x.device)).to(x.dtype)

    def running(self) -> RunningCovariance:
        """Give what measures a picture that comes in tiles."""
        return RunningCovariance()

    def known(self, mean: Tensor, measured: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Turn what :meth:`running` measured into an answer of type and device of ``like``."""
        return mean.to(like.device), measured.to(like.device)
