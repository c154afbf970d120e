"""Inception-v3 up to Mixed_6e (Szegedy et al., 2016), built from torchvision's blocks."""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import WeightsError

CHANNELS = {"conv2d_2b": 64, "conv2d_4a": 192, "mixed_5d": 288, "mixed_6e": 768}
"""Feature maps on offer and their channels, from fine to coarse."""

SMALLEST = 75
"""Pixels per side that the network needs."""


class InceptionMixed6e(nn.Module):
    """The part of Inception-v3 that the paper's style encoder is made of; 8.9 M parameters."""

    def __init__(self) -> None:
        # Here, because its import takes as long as torch's and most models do without.
        from torchvision.models import inception as blocks

        super().__init__()
        self.Conv2d_1a_3x3 = blocks.BasicConv2d(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = blocks.BasicConv2d(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = blocks.BasicConv2d(32, 64, kernel_size=3, padding=1)
        self.Conv2d_3b_1x1 = blocks.BasicConv2d(64, 80, kernel_size=1)
        self.Conv2d_4a_3x3 = blocks.BasicConv2d(80, 192, kernel_size=3)
        self.Mixed_5b = blocks.InceptionA(192, pool_features=32)
        self.Mixed_5c = blocks.InceptionA(256, pool_features=64)
        self.Mixed_5d = blocks.InceptionA(288, pool_features=64)
        self.Mixed_6a = blocks.InceptionB(288)
        self.Mixed_6b = blocks.InceptionC(768, channels_7x7=128)
        self.Mixed_6c = blocks.InceptionC(768, channels_7x7=160)
        self.Mixed_6d = blocks.InceptionC(768, channels_7x7=160)
        self.Mixed_6e = blocks.InceptionC(768, channels_7x7=192)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Extract the maps of ``CHANNELS`` for pictures [N, 3, H, W] in [0, 1].

        Smaller pictures than 75 x 75 are enlarged to it first.
        """
        if min(image.shape[-2:]) < SMALLEST:
            size = [max(SMALLEST, s) for s in image.shape[-2:]]
            image = F.interpolate(image, size=size, mode="bilinear", align_corners=False)
        x = image * 2 - 1
        x = self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))
        maps = {"conv2d_2b": self.Conv2d_2b_3x3(x)}
        x = self.Conv2d_3b_1x1(F.max_pool2d(maps["conv2d_2b"], 3, 2))
        maps["conv2d_4a"] = self.Conv2d_4a_3x3(x)
        x = self.Mixed_5c(self.Mixed_5b(F.max_pool2d(maps["conv2d_4a"], 3, 2)))
        maps["mixed_5d"] = self.Mixed_5d(x)
        x = self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(maps["mixed_5d"]))))
        maps["mixed_6e"] = self.Mixed_6e(x)
        return maps

    def load_weights(self, weights: str | Path | None = None) -> None:
        """Read ImageNet weights.

        Args:
            weights: a file with torchvision's names; None downloads
                ``Inception_V3_Weights.IMAGENET1K_V1`` through torchvision.

        Raises:
            WeightsError: the download failed, or the file is damaged or doesn't fit.
        """
        if weights is None:
            from torchvision.models import Inception_V3_Weights

            try:
                state = dict(Inception_V3_Weights.IMAGENET1K_V1.get_state_dict(progress=True))
            except Exception as problem:
                raise WeightsError(
                    "Inception-v3's weights could not be downloaded "
                    f"({type(problem).__name__}: {problem}); connect to the internet, or give a "
                    "safetensors file with torchvision's names"
                ) from problem
        else:
            state = load_weights(weights)
        # Torchvision's file goes on to the classifier.
        fill(
            self,
            state,
            lambda problem: WeightsError(
                f"{weights or 'the download'} does not hold Inception-v3: {problem}; "
                "give a file with torchvision's names and shapes"
            ),
            extra=True,
        )
