"""Total variation: a brake on noise between neighbouring pixels."""

from __future__ import annotations

from torch import Tensor

from stylemix.losses.base import Features, LossTerm


class Variation(LossTerm):
    """Squared differences of neighbouring pixels (Johnson et al., 2016, section 3.2).

    Args:
        summed: sum over pixels on a 0-255 scale, as the original code and the paper's weight
            1e-5 mean it; otherwise the mean on [0, 1].
    """

    def __init__(self, *, summed: bool = False) -> None:
        super().__init__()
        self.summed = summed

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]."""
        image = features["image"].float()
        vertical = (image[:, :, 1:] - image[:, :, :-1]).square()
        horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square()
        if self.summed:
            return 255.0**2 * (vertical.sum((1, 2, 3)) + horizontal.sum((1, 2, 3)))
        return vertical.mean((1, 2, 3)) + horizontal.mean((1, 2, 3))
