"""VGG-16 for losses on a CUDA GPU: each convolution with its bias and ReLU in one kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from stylemix.backbones.vgg import VGG16


class _ConvReLU(torch.autograd.Function):
    """``relu(conv(x) + bias)`` with frozen weights: its gradient goes to ``x`` alone."""

    @staticmethod
    def forward(context: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ones = [1, 1]
        out = torch.cudnn_convolution_relu(x, weight, bias, ones, ones, ones, 1)
        context.save_for_backward(x, weight, out)
        return out

    @staticmethod
    def backward(context: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # type: ignore[override]
        x, weight, out = context.saved_tensors
        ones = [1, 1]
        grad = torch.ops.aten.threshold_backward(grad, out, 0)
        found = torch.ops.aten.convolution_backward(
            grad, x, weight, [0], ones, ones, ones, False, [0, 0], 1, [True, False, False]
        )
        return found[0], None, None


class FusedVGG16(VGG16):
    """VGG-16 in bfloat16 whose maps are written once instead of three times on their way forward.

    cuDNN adds the bias and cuts at zero while it writes what a convolution gives; apart from that
    each of the two would read and write a map again, and VGG-16's first ones are what a training
    step moves most of its bytes for.
    """

    def convolve(self, convolution: nn.Module, x: Tensor) -> Tensor:
        """Apply one convolution and its ReLU."""
        assert isinstance(convolution, nn.Conv2d)
        x = x.to(convolution.weight.dtype)
        if not x.requires_grad:
            return torch.cudnn_convolution_relu(
                x, convolution.weight, convolution.bias, [1, 1], [1, 1], [1, 1], 1
            )
        return _ConvReLU.apply(x, convolution.weight, convolution.bias)
