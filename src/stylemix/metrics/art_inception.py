"""The feature network of the canonical ArtFID."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import inception as blocks

from stylemix.backbones.inception import InceptionMixed6e
from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import WeightsError


class ArtInception(InceptionMixed6e):
    """Inception-v3 trained to tell paintings apart (Wright and Ommer, 2022, section 3.2).

    Its 2048 pooled features are what the FID of the canonical ArtFID compares. Pictures go in as
    they are, in [0, 1] and at their own size, as the authors' program gives them. The weights are
    not part of stylemix: give the authors' file, whose names are torchvision's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Mixed_7a = blocks.InceptionD(768)
        self.Mixed_7b = blocks.InceptionE(1280)
        self.Mixed_7c = blocks.InceptionE(2048)

    @classmethod
    def load(cls, file: str | Path) -> ArtInception:
        """Return the frozen network with its weights.

        Raises:
            WeightsError: the file is missing or damaged, or holds other weights.
        """
        net = cls()
        fill(
            net,
            load_weights(file),
            lambda problem: WeightsError(
                f"{file} does not hold the Inception network of ArtFID: {problem}; give the file "
                "that its authors offer"
            ),
            extra=True,
        )
        return net.requires_grad_(False).eval()

    @torch.inference_mode()
    def pooled(self, image: Tensor) -> Tensor:
        """Extract the features of pictures [N, 3, H, W] or [3, H, W] in [0, 1], [N, 2048]."""
        batch = (image if image.ndim == 4 else image[None]).float()
        # The trunk takes [0, 1] to [-1, 1] first; this network was trained without that.
        x = self((batch + 1) / 2)["mixed_6e"]
        return self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x))).mean((2, 3))
