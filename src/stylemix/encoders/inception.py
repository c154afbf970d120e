"""The paper's style encoder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones.inception import CHANNELS, InceptionMixed6e
from stylemix.encoders.base import StyleEncoder, holds_whole
from stylemix.plugins.rules import at_least
from stylemix.types import StyleCode


class InceptionEncoder(StyleEncoder):
    """``z = alpha * h / ||h||_2``, ``h = FC(GAP(Inception(x)))`` (Zagatin and Kitov, section 4).

    Inception-v3 is cut behind Mixed_6e; ``alpha`` is learned and starts at ``sqrt(dim)``, so
    that entries of z start at unit size.

    Args:
        dim: length of the embedding.
        freeze_norm: keep the running statistics of batch normalisation as they are in training
            (small batches would spoil them).
        unit: bring h to the length ``alpha``. With False ``z = h``, the linear bottleneck of
            Ghiasi et al. (2017), section 3.
    """

    def __init__(
        self,
        *,
        dim: Annotated[int, at_least(1)] = 128,
        freeze_norm: bool = True,
        unit: bool = True,
    ) -> None:
        super().__init__()
        self.freeze_norm = freeze_norm
        self.channels = {"embedding": dim, **CHANNELS}
        self.trunk = InceptionMixed6e()
        self.linear = nn.Linear(CHANNELS["mixed_6e"], dim)
        self.alpha = nn.Parameter(torch.tensor(math.sqrt(dim))) if unit else None

    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]."""
        maps = self.trunk(image)
        h = self.linear(maps["mixed_6e"].mean((2, 3)))
        z = h if self.alpha is None else self.alpha * F.normalize(h, dim=1)
        return {"embedding": z, **maps}

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load ImageNet weights from a safetensors file, or through torchvision for None.

        A file of the whole encoder (trunk, linear layer and alpha), as ``stylemix
        pretrain-encoder`` writes it, is recognised.

        Raises:
            WeightsError: the file is missing or damaged or doesn't fit, or the download failed.
        """
        if weights is not None and holds_whole(weights):
            self.load_whole(weights)
        else:
            self.trunk.load_weights(weights)

    def train(self, mode: bool = True) -> InceptionEncoder:
        """Switch to training; batch normalisation stays in evaluation with ``freeze_norm``."""
        super().train(mode)
        if self.freeze_norm:
            for module in self.trunk.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self
