"""A student to start from: the teacher's most telling channels, joined by least squares.

After He, Zhang and Sun, "Channel Pruning for Accelerating Very Deep Neural Networks" (2017): each
convolution keeps some of the teacher's channels, and its weights are those that give these
channels best from what the *student's* layer before it holds. Unlike there, channels are chosen
greedily for how well they span the teacher's map (a pivoted Cholesky factorisation).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.backbones import BLOCK_ENDS, LAYERS, FeatureNet
from stylemix.training.features.student import Student

SAMPLES = 16_384
"""Positions that each layer is fitted on at most."""

RIDGE = 1e-4
PART = 8


def telling_channels(features: Tensor, count: int) -> Tensor:
    """Choose channels that span a map best, one after the other.

    Each next channel is the one with the most energy left that is no linear combination of
    those chosen.

    Args:
        features: [C, positions].
        count: how many.

    Returns:
        [count], channel numbers in the order of the choice.
    """
    exact = features.cpu().double()
    left = exact @ exact.T / features.shape[1]
    chosen: list[int] = []
    for _ in range(count):
        energy = left.diagonal().clone()
        energy[chosen] = -1.0
        best = int(energy.argmax())
        chosen.append(best)
        if left[best, best] > 1e-12:
            left = left - torch.outer(left[:, best], left[best]) / left[best, best]
    return torch.tensor(chosen, device=features.device)


def least_squares(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Fit ``y = x W^T + b``.

    Args:
        x: [N, D].
        y: [N, C].

    Returns:
        W [C, D] and b [C], with a ridge of 1e-4 of the mean energy of x.
    """
    device = x.device
    x, y = x.cpu().double(), y.cpu().double()
    mean_x, mean_y = x.mean(0), y.mean(0)
    x, y = x - mean_x, y - mean_y
    matrix = x.T @ x
    matrix += (
        RIDGE
        * matrix.diagonal().mean().clamp_min(1e-12)
        * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    )
    weight = torch.linalg.solve(matrix, x.T @ y).T
    return weight.float().to(device), (mean_y - weight @ mean_x).float().to(device)


@torch.no_grad()
def start_from(
    student: Student, teacher: FeatureNet, scales: Mapping[str, float], images: Tensor
) -> None:
    """Set a student's first weights.

    Args:
        student: takes them.
        teacher: VGG-16, or a network of its shape.
        scales: what the teacher's maps are multiplied by.
        images: typical pictures [N, 3, S, S] in [0, 1].
    """
    thin = student.trunk
    x = (images - thin.mean) * thin.scale
    t = (images - teacher.mean) * teacher.scale
    for name, layer in LAYERS.items():
        own, wide = thin.features[str(layer.number)], teacher.features[str(layer.number)]
        assert isinstance(own, nn.Conv2d)
        assert isinstance(wide, nn.Conv2d)
        if layer.pooled:
            x, t = F.max_pool2d(x, 2), F.max_pool2d(t, 2)
        before = _in_parts(wide, t)
        positions = _positions(before)
        wanted = _at(before, positions)
        # Every layer's features are brought to unit size, whatever the teacher's.
        wanted = wanted / wanted.relu().square().mean().sqrt().clamp_min(1e-12)
        keep = telling_channels(wanted.relu().T, own.out_channels)
        patches = torch.cat(
            [F.unfold(x[i : i + 1], 3, padding=1)[0].T[at] for i, at in enumerate(positions)]
        )
        weight, bias = least_squares(patches, wanted[:, keep])
        own.weight.copy_(weight.view_as(own.weight))
        assert own.bias is not None
        own.bias.copy_(bias)
        x, t = _in_parts(own, x).relu_(), before.relu_()
        if name in BLOCK_ENDS:
            linear = student.maps[BLOCK_ENDS.index(name)]
            assert isinstance(linear, nn.Conv2d)
            assert linear.bias is not None
            weight, bias = least_squares(_at(x, positions), _at(t, positions) * scales[name])
            linear.weight.copy_(weight.view_as(linear.weight))
            linear.bias.copy_(bias)


def _in_parts(convolution: nn.Conv2d, x: Tensor) -> Tensor:
    return torch.cat([convolution(part) for part in x.split(PART)])


def _positions(x: Tensor) -> list[Tensor]:
    """Choose positions in each picture of a map, the same on every run."""
    count = min(x[0, 0].numel(), -(-SAMPLES // len(x)))
    chance = torch.Generator().manual_seed(0)
    return [
        torch.randperm(x[0, 0].numel(), generator=chance)[:count].to(x.device)
        for _ in range(len(x))
    ]


def _at(x: Tensor, positions: list[Tensor]) -> Tensor:
    """Return the features at chosen positions, [positions of all pictures, C]."""
    return torch.cat([picture.flatten(1).T[at] for picture, at in zip(x, positions, strict=True)])
