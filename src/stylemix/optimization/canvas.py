"""What the optimizer moves: not pixels, but a smooth change of a starting picture."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from stylemix.ops import binomial


class Canvas:
    """The picture ``start + mask * smooth(up(p_L) + ... + up(p_1) + p_0)``.

    Moving each pixel by itself makes noise of the pixel's own frequency: the poolings of a
    feature network let it pass, and Adam gives every pixel the same step however little it
    matters. So the change goes through a binomial filter, whose response at the Nyquist
    frequency is exactly zero along both axes: whatever the optimizer does, it adds no
    checkerboard to the starting picture. Coarser layers p_1 ... p_L, each at half the size of the
    one before, let colors and large shapes move at once, and with few steps.

    Args:
        start: the picture where everything is zero, [1, 3, H, W] in [0, 1], at least 2 x 2.
        mask: [1, 1, H, W] in [0, 1], how far each pixel may move; None lets all move.
        layers: how many layers; those smaller than 4 pixels a side are left out.
    """

    def __init__(self, start: Tensor, mask: Tensor | None = None, layers: int = 1) -> None:
        self.start = start
        self.mask = mask
        height, width = start.shape[-2:]
        self.parameters: list[Tensor] = []
        for layer in range(layers):
            size = (-(-height // 2**layer), -(-width // 2**layer))
            if layer and min(size) < 4:
                break
            self.parameters.append(start.new_zeros(1, 3, *size).requires_grad_())

    def __call__(self) -> Tensor:
        """Return the picture [1, 3, H, W]; values may leave [0, 1] a little."""
        change = self.parameters[-1]
        for finer in reversed(self.parameters[:-1]):
            change = finer + F.interpolate(
                change, size=finer.shape[-2:], mode="bilinear", align_corners=False
            )
        change = binomial(change)
        return self.start + (change if self.mask is None else self.mask * change)
