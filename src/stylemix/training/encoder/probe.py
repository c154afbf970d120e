"""How well a linear map reads the style from embeddings that are as they are."""

from __future__ import annotations

import torch
from torch import Tensor

RIDGE = 0.05


def probe_scores(known: Tensor, labels: Tensor, asked: Tensor, styles: int) -> Tensor:
    """Fit a linear classifier to known paintings and give its scores of others.

    Ridge regression onto one-hot labels in closed form: ``B = (X'WX + r I)^-1 X'WY`` with
    standardised embeddings X, weights W by which each style counts equally and sums of weights
    of 1, and r = 0.05. No training run and no random number goes into it, so encoders compare.

    Args:
        known: embeddings [N, D].
        labels: their styles [N], from 0 on.
        asked: embeddings [M, D].
        styles: how many styles there are, C.

    Returns:
        [M, C], larger is likelier; float64.
    """
    known, asked = known.double(), asked.double()
    mean = known.mean(0)
    std = known.std(0, correction=0).clamp_min(1e-6)
    x, y = (known - mean) / std, torch.nn.functional.one_hot(labels, styles).double()
    count = y.sum(0).clamp_min(1)
    weight = (y / count).sum(1, keepdim=True) / styles
    center_x, center_y = (weight * x).sum(0), (weight * y).sum(0)
    x, y = x - center_x, y - center_y
    ridge = RIDGE * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    matrix = torch.linalg.solve(x.T @ (weight * x) + ridge, x.T @ (weight * y))
    return ((asked - mean) / std - center_x) @ matrix + center_y
