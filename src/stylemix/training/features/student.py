"""The student while it learns: a thin network with linear maps to the teacher's features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stylemix.backbones import BLOCK_ENDS
from stylemix.backbones.vgg import VGG16_CHANNELS, ThinVGG


class Student(nn.Module):
    """A thin VGG and one 1x1 convolution with bias for each of the four maps.

    Linear embedding of Wang et al., "Collaborative Distillation for Ultra-Resolution Universal
    Style Transfer" (2020), section 3.2: the student's features need not be the teacher's, only hold
    them linearly.

    Args:
        channels: of the four blocks.
        wide: the teacher's.
    """

    def __init__(self, channels: Sequence[int], wide: Sequence[int] = VGG16_CHANNELS) -> None:
        super().__init__()
        self.trunk = ThinVGG(channels)
        self.maps = nn.ModuleList(
            nn.Conv2d(self.trunk.channels[layer], count, 1)
            for layer, count in zip(BLOCK_ENDS, wide, strict=True)
        )

    def forward(self, image: Tensor, precision: torch.dtype = torch.float32) -> dict[str, Tensor]:
        """Predict the teacher's maps, [N, T, h, w], float32.

        Args:
            image: [N, 3, H, W] in [0, 1].
            precision: of the autocast; float32 is none.
        """
        low = precision == torch.bfloat16
        with torch.autocast(image.device.type, precision, enabled=low):
            seen = self.trunk(image, BLOCK_ENDS)
            return {
                layer: linear(seen[layer]).float()
                for layer, linear in zip(BLOCK_ENDS, self.maps, strict=True)
            }

    def tensors(self) -> dict[str, Tensor]:
        """Return the weights by the names that a feature network's file has."""
        found = {k: v for k, v in self.trunk.state_dict().items() if k.startswith("features.")}
        return found | {f"maps.{k}": v for k, v in self.maps.state_dict().items()}
