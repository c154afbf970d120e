"""Training pictures in one tensor on the device, and crops of them in one go."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.training.data import Crops

LONGEST = 2.0
"""Long side of a picture, in short sides, beyond which it is cut."""


class Pool:
    """Pictures of any size in one uint8 tensor, cut into batches of crops without the host.

    :class:`stylemix.training.data.Crops` cuts one crop after the other, which a GPU waits for. Here
    a batch is two batched matrix products: resampling with antialiasing is linear in rows and in
    columns, so a crop is ``R P C^T`` with one row of weights for each of its rows and columns. The
    crops are those of ``Crops`` but for rounding.

    Every picture takes the room of the highest and the widest; one that is longer than
    :data:`LONGEST` times its short side is cut to its middle, so that a panorama doesn't take that
    much room for all.

    Args:
        pictures: uint8 [3, H, W] each.
        device: where they lie.

    Attributes:
        device: where they lie.
        pixels: uint8 [N, 3, H, W], each picture in the upper left corner.
        sizes: height and width of each, float32 [N, 2].
    """

    def __init__(self, pictures: Sequence[Tensor], device: torch.device) -> None:
        pictures = [_middle(p) for p in pictures]
        height, width = (max(p.shape[d] for p in pictures) for d in (1, 2))
        pixels = torch.zeros(len(pictures), 3, height, width, dtype=torch.uint8)
        for place, picture in zip(pixels, pictures, strict=True):
            place[:, : picture.shape[1], : picture.shape[2]] = picture
        self.device = device
        self.pixels = pixels.to(device)
        self.sizes = torch.tensor([p.shape[1:] for p in pictures], dtype=torch.float32).to(device)

    def __len__(self) -> int:
        return len(self.pixels)

    def cut(self, indices: Tensor, side: int, chance: Tensor, zoom: float = 1.0) -> Tensor:
        """Cut one flipped-or-not crop of each picture; nothing is read back from the device.

        Args:
            indices: which pictures, int64 [B].
            side: of the result, in pixels.
            chance: uniform numbers in [0, 1), [B, 4]: window, row, column, flip.
            zoom: the window covers ``side`` to ``zoom * side`` pixels, uniformly (at most the whole
                picture, which is enlarged when it is smaller than ``side``).

        Returns:
            float32 [B, 3, side, side] in [0, 1].
        """
        sizes = self.sizes[indices]
        wanted = (side * (1 + chance[:, :1] * (zoom - 1))).round()
        window = torch.minimum(wanted, sizes.amin(1, keepdim=True))
        start = (chance[:, 1:3] * (sizes - window + 1)).floor()
        rows = _weights(start[:, :1], window, side, self.pixels.shape[2])
        columns = _weights(start[:, 1:], window, side, self.pixels.shape[3])
        columns = torch.where(chance[:, 3:, None] < 0.5, columns.flip(1), columns)
        with torch.autocast(self.pixels.device.type, enabled=False):
            pictures = self.pixels[indices].float() / 255
            crops = rows[:, None] @ pictures @ columns[:, None].transpose(2, 3)
        return crops.clamp(0, 1)


def _middle(picture: Tensor) -> Tensor:
    """Return the middle of a picture [3, H, W] that is too long, and others as they are."""
    longest = int(LONGEST * min(picture.shape[1:]))
    for axis in (1, 2):
        if (extra := picture.shape[axis] - longest) > 0:
            picture = picture.narrow(axis, extra // 2, longest)
    return picture


def _weights(start: Tensor, window: Tensor, side: int, extent: int) -> Tensor:
    """Return the weights of bilinear resampling with antialiasing, one row of them for each result.

    A triangle of half-width ``max(window / side, 1)`` around each result's centre, cut off at the
    window's ends and brought to a sum of one: what ``F.interpolate(mode="bilinear",
    antialias=True)`` does.

    Args:
        start: first pixel of each window, [B, 1].
        window: its pixels, [B, 1].
        side: results.
        extent: pixels that there are.

    Returns:
        float32 [B, side, extent].
    """
    scale = window / side
    result = torch.arange(side, device=start.device) + 0.5
    centre = (result * scale)[:, :, None]
    place = (torch.arange(extent, device=start.device) - start + 0.5)[:, None]
    inside = (place > 0) & (place < window[:, None])
    weight = (1 - (place - centre).abs() / scale.clamp_min(1)[:, None]).clamp_min(0) * inside
    return weight / weight.sum(2, keepdim=True)


def cut(
    pictures: Crops | Pool, indices: Tensor, side: int, chance: Tensor, zoom: float = 1.0
) -> Tensor:
    """Cut crops one by one on a CPU, in one go from a pool; see :meth:`Pool.cut`."""
    if isinstance(pictures, Pool):
        return pictures.cut(indices, side, chance, zoom)
    return pictures.cut(indices.tolist(), side, chance, zoom)
