"""Convolution with normalisation and injection: the building block of the Johnson generator."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.generators.base import Attach, Injected
from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments
from stylemix.types import Site

NORM_EPSILON = 1e-3
"""Larger than the usual 1e-5: instance normalisation otherwise amplifies the noise of flat,
bright or dark areas into dots."""


def double(x: Tensor) -> Tensor:
    """Upsample [B, C, h, w] bilinearly to [B, C, 2h, 2w].

    Odena et al. (2016) replace the transposed convolution, which leaves checkerboards, by
    nearest-neighbour upsampling and a convolution. That still mirrors high frequencies at the
    Nyquist frequency of the small map: at ``f`` cycles a pixel of the large one, mirror images are
    weakened to ``cos(pi f)`` there, and to its cube here. In pictures of a trained generator the
    pattern of period 4 fell to a third.
    """
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Scale and shift channels [B, C, h, w] by weight and bias [C], in the type of ``x``."""
    shape = (1, -1, 1, 1)
    return x * weight.to(x.dtype).view(shape) + bias.to(x.dtype).view(shape)


class ConvUnit(nn.Module):
    """A reflection-padded convolution with instance normalisation and its two sites.

    Where a ``"conv"`` injection is attached the order is *normalise, inject, convolve*: a vector
    that is constant over the picture adds a constant to each channel of the convolution's
    output, which a normalisation behind it would subtract again. Otherwise the order is
    *convolve, normalise, inject*, and with no injection at all the normalisation has a learned
    affine (Ulyanov et al., 2016).

    Args:
        name: prefix of the unit's sites, ``"<name>.conv"`` and ``"<name>.norm"``.
        stride_in: picture pixels per pixel of the input.
        upsample: double the input first, see :func:`double`.
        padded: the input brings its own padding of half a kernel, so none is added here; but for
            ``"conv"`` injections, whose maps have the picture's size (:attr:`pad` says which).

    Attributes:
        pad: rows and columns that are added at each side.
    """

    def __init__(
        self,
        name: str,
        channels_in: int,
        channels_out: int,
        kernel: int,
        attach: Attach,
        *,
        stride_in: int,
        stride: int = 1,
        upsample: bool = False,
        padded: bool = False,
    ) -> None:
        super().__init__()
        self.upsample = upsample
        self.stride = stride
        here = stride_in // 2 if upsample else stride_in
        self.before = Injected(
            Site(f"{name}.conv", "conv", channels_in, here, kernel=kernel), attach
        )
        self.after = Injected(Site(f"{name}.norm", "norm", channels_out, here * stride), attach)
        if len(self.before) and len(self.after):
            raise ConfigError(
                f"injections are attached to both {name}.conv and {name}.norm; a convolution "
                "takes one or the other: narrow their 'sites' down"
            )
        self.pad = 0 if padded and not len(self.before) else kernel // 2
        self.moments = ContentMoments(
            NORM_EPSILON, stride=stride_in if len(self.before) else here * stride
        )
        self.conv = nn.Conv2d(
            channels_in + self.before.extra_channels,
            channels_out,
            kernel,
            stride,
            bias=bool(len(self.before)),
        )
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")
        if len(self.before) and self.before.appends_constant:
            # Concat divides by the kernel's taps; their sum grows with the root only.
            with torch.no_grad():
                self.conv.weight[:, channels_in:].mul_(kernel)
        plain = not len(self.before) and not len(self.after)
        self.weight = nn.Parameter(torch.ones(channels_out)) if plain else None
        self.bias = nn.Parameter(torch.zeros(channels_out)) if plain else None

    @property
    def sites(self) -> tuple[Site, Site]:
        """The unit's two sites."""
        return self.before.site, self.after.site

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn [B, channels_in, h, w] into [B, channels_out, h', w']."""
        if len(self.before):
            x = self.moments.normalize(x)
            if self.before.appends_constant and mix.uniform:
                one_place = self.before(x[..., :1, :1], mix)
                return self._convolve(x, one_place[:, x.shape[1] :, 0, 0])
            return self._convolve(self.before(x, mix))
        x = self.moments.normalize(self._convolve(x))
        if self.weight is not None and self.bias is not None:
            return affine(x, self.weight, self.bias)
        return self.after(x, mix)

    def _convolve(self, x: Tensor, constant: Tensor | None = None) -> Tensor:
        """Double, pad and convolve.

        Args:
            x: [B, C, h, w].
            constant: values [B, D] of further channels, the same at all places. Padding and
                doubling leave them so, hence each adds its value times the sum of its weights,
                which takes a fraction of the time of their convolution.
        """
        if self.upsample:
            x = double(x)
        if self.pad:
            x = F.pad(x, (self.pad,) * 4, mode="reflect")
        if constant is None:
            return self.conv(x)
        own, added = self.conv.weight.split([x.shape[1], constant.shape[1]], dim=1)
        offset = F.linear(constant, added.sum((2, 3)), self.conv.bias)
        return F.conv2d(x, own, stride=self.stride) + offset[:, :, None, None]


class ResidualBlock(nn.Module):
    """Two convolution units and a skip (He et al., 2016, as used by Johnson et al., 2016)."""

    def __init__(self, name: str, channels: int, attach: Attach, *, stride: int) -> None:
        super().__init__()
        self.first = ConvUnit(f"{name}.1", channels, channels, 3, attach, stride_in=stride)
        self.second = ConvUnit(f"{name}.2", channels, channels, 3, attach, stride_in=stride)
        if len(self.second.before):
            # Nothing normalises the branch's output in this order: start it small.
            with torch.no_grad():
                self.second.conv.weight.mul_(0.1)

    def forward(self, x: Tensor, mix: StyleMix) -> Tensor:
        """Turn [B, C, h, w] into [B, C, h, w]."""
        return x + self.second(F.relu(self.first(x, mix)), mix)
