"""VGG-16's convolutional features, and a thin network of the same shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.layers import LAYERS
from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import ConfigError, WeightsError
from stylemix.plugins.registries import suggest

SMALLEST = 8
"""Pixels per side: below it the fourth block has nothing left to see."""

_MEAN = (0.48502, 0.45796, 0.40761)

VGG16_CHANNELS = (64, 128, 256, 512)
"""Of VGG-16's first four blocks."""

ENCODER_CHANNELS = (16, 32, 64, 128)
"""Of the thin network that style encoders are made of; trained models hold one of their own."""

ENCODER_WEIGHTS = Path(__file__).parent / "weights" / "thin_encoder.safetensors"
"""Where a fresh style encoder's thin network comes from."""


class FeatureNet(nn.Module):
    """Convolutions and max-pools in the shape of VGG-16 up to relu4_3 (Simonyan & Zisserman, 2015).

    Args:
        channels: of the four blocks.
        scale: what the mean-free picture in [0, 1] is multiplied by.
    """

    mean: Tensor

    def __init__(self, channels: tuple[int, int, int, int], scale: float) -> None:
        super().__init__()
        self.channels = {name: channels[layer.block - 1] for name, layer in LAYERS.items()}
        self.scale = scale
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.features = nn.ModuleDict()
        c = 3
        for name, layer in LAYERS.items():
            self.features[str(layer.number)] = nn.Conv2d(c, self.channels[name], 3, padding=1)
            c = self.channels[name]

    def forward(self, image: Tensor, layers: Iterable[str] = LAYERS) -> dict[str, Tensor]:
        """Extract feature maps by name; nothing behind the deepest one asked for is computed.

        Args:
            image: [N, 3, H, W] RGB in [0, 1], at least 8 x 8.
            layers: some of ``LAYERS``.

        Raises:
            ConfigError: an unknown layer, or a picture too small.
        """
        wanted = set(layers)
        for name in wanted.difference(LAYERS):
            raise ConfigError(
                f"no feature layer is named {name!r}{suggest(name, LAYERS)} "
                f"(there are: {', '.join(LAYERS)})"
            )
        if min(image.shape[-2:]) < SMALLEST:
            raise ConfigError(
                f"a picture of {image.shape[-1]} x {image.shape[-2]} is too small "
                f"for the feature network; give at least {SMALLEST} x {SMALLEST}"
            )
        found: dict[str, Tensor] = {}
        x = (image - self.mean) * self.scale
        for name, layer in LAYERS.items():
            if len(found) == len(wanted):
                break
            if layer.pooled:
                x = F.max_pool2d(x, 2)
            x = self.convolve(self.features[str(layer.number)], x)
            if name in wanted:
                found[name] = x
        return found

    def convolve(self, convolution: nn.Module, x: Tensor) -> Tensor:
        """Apply one convolution and its ReLU."""
        return F.relu(convolution(x))


class VGG16(FeatureNet):
    """VGG-16 at "Caffe scale": RGB in [0, 1], minus the mean, times 255.

    The loss weights of Johnson et al. (2016) balance only at this scale.
    """

    def __init__(self) -> None:
        super().__init__(VGG16_CHANNELS, 255.0)

    @classmethod
    def load(cls, weights: str | Path | None = None) -> VGG16:
        """Return the frozen network with its weights.

        Args:
            weights: a file with ``features.N.weight`` and ``features.N.bias``; None takes
                ``VGG16_Weights.IMAGENET1K_FEATURES`` (the original Caffe weights) through
                torchvision's download cache.

        Raises:
            WeightsError: the file is damaged or doesn't fit, or the download failed.
        """
        net = cls()
        state = _torchvision_state() if weights is None else load_weights(weights)
        # Torchvision's file holds the fifth block and the classifier too.
        fill(
            net,
            state,
            lambda problem: WeightsError(
                f"{weights or 'torchvision VGG-16'} does not hold VGG-16's features "
                f"(features.N.weight and .bias): {problem}; give the file of "
                "torchvision's IMAGENET1K_FEATURES"
            ),
            extra=True,
        )
        return net.requires_grad_(False).eval()


def _torchvision_state() -> dict[str, Tensor]:
    from torchvision.models import VGG16_Weights

    try:
        weights = VGG16_Weights.IMAGENET1K_FEATURES
        return dict(weights.get_state_dict(progress=True, check_hash=True))
    except Exception as problem:
        raise WeightsError(
            "VGG-16's weights could not be downloaded "
            f"({type(problem).__name__}: {problem}); connect to the internet, or give a "
            "safetensors file with features.N.weight and features.N.bias"
        ) from problem


class ThinVGG(FeatureNet):
    """The same shape with fewer channels.

    Args:
        channels: of the four blocks.
    """

    def __init__(self, channels: Sequence[int] = ENCODER_CHANNELS) -> None:
        first, second, third, fourth = channels
        super().__init__((first, second, third, fourth), 1 / 0.226)
        for convolution in self.features.values():
            assert isinstance(convolution, nn.Conv2d)
            assert convolution.bias is not None
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            nn.init.zeros_(convolution.bias)

    def load_weights(self, weights: str | Path | None = None) -> None:
        """Read weights from a safetensors file; None reads those that ship for style encoders.

        Raises:
            WeightsError: the file is missing, damaged or doesn't fit.
        """
        path = weights or ENCODER_WEIGHTS
        fill(
            self,
            {k: v for k, v in load_weights(path).items() if k.startswith("features.")},
            lambda problem: WeightsError(
                f"{path} does not hold a thin VGG: {problem}; "
                "give a file of the same channels, or none for the one that ships"
            ),
        )
