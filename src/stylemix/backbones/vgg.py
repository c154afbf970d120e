"""VGG-16's convolutional features, and a thin network of the same shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.weights_file import load_weights
from stylemix.errors import ConfigError, WeightsError
from stylemix.plugins.registries import suggest

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_1", "relu4_3")

# (layer number in torchvision's vgg16.features, block) of each convolution.
_CONVOLUTIONS = (
    (0, 0),
    (2, 0),
    (5, 1),
    (7, 1),
    (10, 2),
    (12, 2),
    (14, 2),
    (17, 3),
    (19, 3),
    (21, 3),
)
BLOCK_ENDS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
"""The last map of each block: what Gram matrices are made of (Johnson et al., 2016)."""

TAPS = {2: "relu1_2", 7: "relu2_2", 14: "relu3_3", 17: "relu4_1", 21: "relu4_3"}
POOL_BEFORE = (5, 10, 17)
SMALLEST = 8
"""Pixels a side: below it the fourth block has nothing left to see."""

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
        self.channels = {name: channels[int(name[4]) - 1] for name in LAYERS}
        self.scale = scale
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.features = nn.ModuleDict()
        c = 3
        for number, block in _CONVOLUTIONS:
            self.features[str(number)] = nn.Conv2d(c, channels[block], 3, padding=1)
            c = channels[block]

    def forward(self, image: Tensor, layers: Iterable[str] = LAYERS) -> dict[str, Tensor]:
        """Give feature maps by name; nothing behind the deepest one asked for is computed.

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
        for number, _ in _CONVOLUTIONS:
            if len(found) == len(wanted):
                break
            if number in POOL_BEFORE:
                x = F.max_pool2d(x, 2)
            x = F.relu(self.features[str(number)](x))
            if TAPS.get(number) in wanted:
                found[TAPS[number]] = x
        return found


class VGG16(FeatureNet):
    """VGG-16 at "Caffe scale": RGB in [0, 1], minus the mean, times 255.

    The loss weights of Johnson et al. (2016) balance only at this scale.
    """

    def __init__(self) -> None:
        super().__init__(VGG16_CHANNELS, 255.0)

    @classmethod
    def load(cls, weights: str | Path | None = None) -> VGG16:
        """Give the frozen network with its weights.

        Args:
            weights: a safetensors file with ``features.N.weight`` and ``features.N.bias``; None
                takes ``VGG16_Weights.IMAGENET1K_FEATURES`` (the original Caffe weights) through
                torchvision's download cache.

        Raises:
            WeightsError: the file is damaged or doesn't fit, or the download failed.
        """
        net = cls()
        state = _torchvision_state() if weights is None else load_weights(weights)
        state = {
            k: v.float()
            for k, v in state.items()
            if k.startswith("features.") and k.split(".")[1] in net.features
        }
        try:
            net.load_state_dict(state)
        except RuntimeError as problem:
            raise WeightsError(
                f"{weights or 'torchvision VGG-16'} does not hold VGG-16's features "
                f"(features.N.weight and .bias): {problem}; give the file of "
                "torchvision's IMAGENET1K_FEATURES"
            ) from None
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
        state = load_weights(weights or ENCODER_WEIGHTS)
        try:
            self.load_state_dict(
                {k: v.float() for k, v in state.items() if k.startswith("features.")}
            )
        except RuntimeError as problem:
            raise WeightsError(
                f"{weights or ENCODER_WEIGHTS} does not hold a thin VGG: {problem}; "
                "give a file of the same channels, or none for the one that ships"
            ) from None
