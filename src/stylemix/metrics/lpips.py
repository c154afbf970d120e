"""LPIPS: how far two pictures are apart to people, by AlexNet's features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import alexnet

from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import ConfigError, WeightsError

CHANNELS = (64, 192, 384, 256, 256)
_TAPS = (1, 4, 7, 9, 11)
SMALLEST = 35
"""Pixels per side that AlexNet's five layers need."""


class LPIPS(nn.Module):
    """Learned perceptual distance of Zhang et al. (2018), version 0.1 with AlexNet.

    ``d(x, y) = sum_l mean_hw sum_c w_lc (f_lc(x) - f_lc(y))^2`` (equation 1), with ``f_l`` the
    map behind the l-th ReLU, each place scaled to unit length over the channels.

    The weights are not part of stylemix. They are two files by their authors: torchvision's
    AlexNet (``features.0.weight`` and so on) and the linear weights (``lin0.model.1.weight`` to
    ``lin4.model.1.weight``, [1, C, 1, 1]); one file may hold both.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.features = alexnet(weights=None).features[: _TAPS[-1] + 1]
        for module in self.features:
            if isinstance(module, nn.ReLU):
                module.inplace = False  # the maps in front of it are compared too
        self.weights = nn.ParameterList(torch.zeros(c) for c in CHANNELS)
        # The paper's code standardises pictures in [-1, 1] by these.
        self.register_buffer(
            "shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1), persistent=False
        )
        self.register_buffer(
            "scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1), persistent=False
        )

    @classmethod
    def load(cls, *files: str | Path) -> LPIPS:
        """Return the frozen network with the weights of one or several files.

        Raises:
            WeightsError: a file is missing or damaged, or together they lack a tensor.
        """
        tensors: dict[str, Tensor] = {}
        for file in files:
            tensors |= load_weights(file)
        names = ", ".join(str(f) for f in files)
        net = cls()
        fill(
            net,
            {
                **{k: v for k, v in tensors.items() if k.startswith("features.")},
                **_linear(tensors, names),
            },
            lambda problem: _misfit(names, problem),
            extra=True,
        )
        return net.requires_grad_(False).eval()

    @torch.inference_mode()
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Measure the distances of pictures [N, 3, H, W] in [0, 1], [N].

        Raises:
            ConfigError: the pictures have two sizes, or less than 35 pixels per side.
        """
        if a.shape != b.shape or min(a.shape[-2:]) < SMALLEST:
            raise ConfigError(
                f"LPIPS compares pictures of one size of at least {SMALLEST} pixels "
                f"a side, got {list(a.shape)} and {list(b.shape)}"
            )
        total = a.new_zeros(len(a))
        x, y = (((p * 2 - 1) - self.shift) / self.scale for p in (a, b))
        layer = 0
        for number, module in enumerate(self.features):
            x, y = module(x), module(y)
            if number in _TAPS:
                gap = (F.normalize(x, dim=1, eps=1e-10) - F.normalize(y, dim=1, eps=1e-10)).square()
                total = total + torch.einsum("nchw,c->nhw", gap, self.weights[layer]).mean((1, 2))
                layer += 1
        return total


def _linear(tensors: Mapping[str, Tensor], names: str) -> dict[str, Tensor]:
    found = {}
    for layer in range(len(CHANNELS)):
        key = f"lin{layer}.model.1.weight"
        if key not in tensors:
            raise _misfit(names, f"it lacks {key}")
        found[f"weights.{layer}"] = tensors[key].flatten()
    return found


def _misfit(names: str, problem: str) -> WeightsError:
    return WeightsError(
        f"{names} does not hold the weights of LPIPS: {problem}; give torchvision's AlexNet and "
        "the linear weights of LPIPS 0.1, both"
    )
