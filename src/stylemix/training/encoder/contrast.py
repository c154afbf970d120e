"""Supervised InfoNCE: crops that belong together attract each other, all others repel."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def supervised_info_nce(embedding: Tensor, group: Tensor, temperature: float) -> Tensor:
    """Compute the supervised contrastive loss (Khosla et al., 2020, equation 2).

    With unit vectors ``z_i = e_i / ||e_i||``, ``A(i)`` every crop but i, and ``P(i)`` those of
    A(i) that are in the same group as i::

        L = mean_i  -1/|P(i)|  sum_{p in P(i)}  log( exp(z_i.z_p / t) / sum_{a in A(i)} exp(z_i.z_a / t) )

    The equation has a sum over i; the mean makes the value independent of the batch's size. Crops
    without a partner are left out of it. With one partner each, it is the InfoNCE of SimCLR.

    Args:
        embedding: e, [N, D], any length but zero.
        group: [N], whole numbers; equal ones belong together.
        temperature: t, above 0.

    Returns:
        A scalar, float32; 0 where no crop has a partner.
    """  # noqa: E501 (the equation)
    z = F.normalize(embedding.float(), dim=1)
    similarity = z @ z.T / temperature
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    log_share = similarity - similarity.masked_fill(itself, -torch.inf).logsumexp(1, keepdim=True)
    positive = (group[:, None] == group[None]) & ~itself
    count = positive.sum(1)
    each = log_share.masked_fill(~positive, 0).sum(1) / count.clamp_min(1)
    return -each.sum() / (count > 0).sum().clamp_min(1)
