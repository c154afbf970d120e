"""An encoder with the linear layer that names styles."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stylemix.encoders import StyleEncoder


class Classifier(nn.Module):
    """Embeds pictures and scores styles.

    Args:
        encoder: any encoder with an embedding.
        styles: how many there are, C.
    """

    def __init__(self, encoder: StyleEncoder, styles: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.channels["embedding"], styles)

    def forward(self, image: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
        """Compute embeddings [N, D] and scores [N, C] of pictures [N, 3, H, W], float32."""
        with torch.autocast(image.device.type, precision, enabled=precision == torch.bfloat16):
            embedding = self.encoder(image)["embedding"]
        embedding = embedding.float()
        return embedding, self.head(embedding)
