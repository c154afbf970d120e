"""Feature maps of pictures, by a frozen network at the precision that the hardware is fast in.

Distances are plain ones. For the thin network they are VGG-16's all the same, since its maps are in
VGG-16's metric (see :mod:`stylemix.backbones.distilled`).
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import FeatureNet, feature_net
from stylemix.losses.style import GRAM_LAYERS
from stylemix.ops.placement import place


class FeatureExtractor:
    """A frozen feature network for the optimization of a picture.

    Args:
        net: gives maps by layer, as :class:`stylemix.backbones.FeatureNet` does.
        bfloat16: compute maps in bfloat16, several times as fast (Gram matrices are float32
            always); None does so where the device has it in hardware.
    """

    def __init__(self, net: FeatureNet, *, bfloat16: bool | None = None) -> None:
        self.net = place(net, "cpu")
        self.bfloat16 = bfloat16

    @property
    def width(self) -> int:
        """Channels of the first convolution: what the memory of a run grows with."""
        first = self.net.features["0"]
        assert isinstance(first, torch.nn.Conv2d)
        return first.out_channels

    def to(self, device: torch.device) -> FeatureExtractor:
        """Move the network."""
        place(self.net, device)
        return self

    def extract(self, image: Tensor, layers: tuple[str, ...] = GRAM_LAYERS) -> dict[str, Tensor]:
        """Return the maps [1, C, h, w] of a picture [1, 3, H, W] in [0, 1], float32."""
        kind = image.device.type
        half = _has_bfloat16(kind) if self.bfloat16 is None else self.bfloat16
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            features = self.net(image, layers)
        return {layer: x.float() for layer, x in features.items()}


def gram_sum(x: Tensor, weight: Tensor | None = None) -> Tensor:
    """Sum ``t f f^T`` over the positions of a map.

    With ``weight = T^2`` this is the guided Gram matrix of Gatys et al., "Controlling Perceptual
    Factors in Neural Style Transfer" (2017), section 4, before it is normalized.

    Args:
        x: [1, C, h, w].
        weight: t >= 0, [1, 1, h, w]; None is 1 everywhere.

    Returns:
        [C, C].
    """
    flat = x[0].flatten(1)
    scaled = flat if weight is None else flat * weight.reshape(1, -1)
    return scaled @ flat.T


def feature_extractor(name: str = "thin", weights: str | Path | None = None) -> FeatureExtractor:
    """Return a feature extractor by its network's name; see :func:`stylemix.backbones.feature_net`.

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had or don't fit.
    """
    return FeatureExtractor(feature_net(name, weights))


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
