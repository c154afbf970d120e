"""Feature spaces: a network's maps, and how long differences between them are in the teacher's.

The thin network was trained so that a linear map of its features gives VGG-16's (linear embedding
of Wang et al., "Collaborative Distillation for Ultra-Resolution Universal Style Transfer", 2020,
section 3.2). So a difference ``d`` of thin features is a difference ``W d`` of VGG-16's, and with
``M = W^T W`` its length is had without ever forming the teacher's larger maps::

    ||W d||^2        = d^T M d
    ||W dG W^T||_F^2 = tr(M dG M dG)

The map's bias is one more feature that is 1 everywhere. For VGG-16 itself M is the identity.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import FeatureNet, ThinVGG, feature_net
from stylemix.backbones.weights_file import load_weights
from stylemix.errors import ConfigError, WeightsError
from stylemix.losses.style import GRAM_LAYERS

FEATURES = ("thin", "vgg16")
"""The networks that an optimisation can look through."""

VGG16_FILE = "STYLEMIX_VGG16"
"""Environment variable that names a safetensors file with VGG-16's weights."""


class FeatureSpace:
    """A frozen feature network with one metric a layer.

    Args:
        net: gives maps by layer, as :class:`stylemix.backbones.FeatureNet` does.
        maps: by layer, the linear map to the teacher's features, [T, C + 1] with the bias as its
            last column. A layer without one is measured as it is.
        bfloat16: compute maps in bfloat16, about twice as fast (Gram matrices are float32
            always); None does so where the device has it in hardware.
    """

    def __init__(
        self, net: FeatureNet, maps: Mapping[str, Tensor] | None = None, *,
        bfloat16: bool | None = None,
    ) -> None:
        self.net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.bfloat16 = bfloat16
        self._metrics = {layer: w.T @ w for layer, w in (maps or {}).items()}

    @property
    def width(self) -> int:
        """Channels of the first layer: what the memory of a run grows with."""
        return self.net.channels[GRAM_LAYERS[0]]

    def to(self, device: torch.device) -> FeatureSpace:
        """Move the network and the metrics."""
        self.net.to(device)
        self._metrics = {layer: m.to(device) for layer, m in self._metrics.items()}
        return self

    def look(self, image: Tensor, layers: tuple[str, ...] = GRAM_LAYERS) -> dict[str, Tensor]:
        """Give the maps [1, C, h, w] of a picture [1, 3, H, W] in [0, 1], float32."""
        kind = image.device.type
        half = _has_bfloat16(kind) if self.bfloat16 is None else self.bfloat16
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            seen = self.net(image.contiguous(memory_format=torch.channels_last), layers)
        return {layer: x.float() for layer, x in seen.items()}

    def gram_sum(self, layer: str, x: Tensor, weight: Tensor | None = None) -> Tensor:
        """Sum ``t f f^T`` over positions, with the constant feature where the layer has a map.

        With ``weight = T^2`` this is the guided Gram matrix of Gatys et al., "Controlling
        Perceptual Factors in Neural Style Transfer" (2017), section 4, before it is normalised.

        Args:
            layer: the layer's name.
            x: its map [1, C, h, w].
            weight: t >= 0, [1, 1, h, w]; None is 1 everywhere.

        Returns:
            [C, C], or [C + 1, C + 1] with a map.
        """
        flat = x[0].flatten(1)
        if layer in self._metrics:
            flat = torch.cat([flat, flat.new_ones(1, flat.shape[1])])
        scaled = flat if weight is None else flat * weight.reshape(1, -1)
        return scaled @ flat.T

    def gram_energy(self, layer: str, difference: Tensor) -> Tensor:
        """Give ``tr(M D M D)`` of a symmetric D, the squared norm of the teacher's difference."""
        metric = self._metrics.get(layer)
        if metric is None:
            return difference.square().sum()
        product = metric @ difference
        return (product * product.T).sum()

    def energy(self, layer: str, x: Tensor, *, absolute: bool = False) -> Tensor:
        """Sum ``d^T M d`` over the positions of a map [1, C, h, w].

        Args:
            layer: the layer's name.
            x: features, or a difference of features.
            absolute: ``x`` are features, so the constant one belongs to them; in a difference
                it is zero.
        """
        metric = self._metrics.get(layer)
        if metric is None:
            return x.square().sum()
        flat = x[0].flatten(1)
        c = len(flat)
        total = (flat * (metric[:c, :c] @ flat)).sum()
        if absolute:
            total = total + 2 * (metric[c, :c] @ flat).sum() + metric[c, c] * flat.shape[1]
        return total


def feature_space(name: str = "thin", weights: str | Path | None = None) -> FeatureSpace:
    """Give a feature space by name.

    Args:
        name: ``"thin"``, the small network that ships with stylemix; or ``"vgg16"``.
        weights: a safetensors file. None takes for ``"thin"`` the file that ships, and for
            ``"vgg16"`` the one that the environment variable ``STYLEMIX_VGG16`` names, else
            torchvision's download.

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had or don't fit.
    """
    if name not in FEATURES:
        raise ConfigError(f"no feature network is named {name!r} (there are: "
                          f"{', '.join(FEATURES)})")
    if name == "vgg16":
        given = weights or os.environ.get(VGG16_FILE)
        if given:
            return FeatureSpace(feature_net(name, given))
        try:
            return FeatureSpace(feature_net(name))
        except WeightsError as problem:
            raise WeightsError(
                f"VGG-16's weights could not be downloaded ({problem.__cause__ or problem}): "
                "connect to the internet once, so that torchvision can fetch them, or set the "
                f"environment variable {VGG16_FILE} to a safetensors file with "
                "features.N.weight and features.N.bias. The features 'thin' need neither"
            ) from problem
    file = weights or ThinVGG.WEIGHTS
    return FeatureSpace(feature_net(name, file), _linear_maps(load_weights(file), file))


def _linear_maps(state: Mapping[str, Tensor], file: str | Path) -> dict[str, Tensor]:
    maps = {}
    for number, layer in enumerate(GRAM_LAYERS):
        try:
            weight, bias = (state[f"maps.{number}.{part}"].float() for part in ("weight", "bias"))
        except KeyError as problem:
            raise WeightsError(f"{file} holds no linear maps to VGG-16's features ({problem} is "
                               "missing); export the network again") from None
        maps[layer] = torch.cat([weight.flatten(1), bias[:, None]], dim=1)
    return maps


def _has_bfloat16(device: str) -> bool:
    """Tell whether bfloat16 is fast there; CPUs without it are many times *slower* in it."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    return device == "cpu" and torch.cpu._is_avx512_bf16_supported()


def shrink(weight: Tensor, x: Tensor) -> Tensor:
    """Bring a weight map [1, 1, H, W] to the size of a feature map by area averaging."""
    if weight.shape[-2:] == x.shape[-2:]:
        return weight
    return F.interpolate(weight, size=x.shape[-2:], mode="area")
