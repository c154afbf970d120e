"""The moving average of weights that a training saves."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def decay_at(decay: float, step: int) -> float:
    """Return ``min(decay, (1 + step) / (10 + step))``, the decay of an average after a step.

    Young averages forget faster, so that the start doesn't linger.

    Args:
        decay: of an old average, in [0, 1); 0 makes the average a copy.
        step: number of the step that was made, from 0 on.
    """
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(
    average: Mapping[str, Tensor], now: Mapping[str, Tensor], decay: float, step: int
) -> None:
    """Move an average towards tensors as they are now, in place.

    ``average = d average + (1 - d) now`` with ``d`` of :func:`decay_at`. Tensors of whole numbers,
    such as counters of batches, are copied.

    Args:
        average: by name.
        now: the same names.
        decay: see :func:`decay_at`.
        step: number of the step that was made, from 0 on.
    """
    decay = decay_at(decay, step)
    for name, value in average.items():
        if value.is_floating_point():
            value.lerp_(now[name], 1 - decay)
        else:
            value.copy_(now[name])


class Average:
    """An average that is no module: copies of a module's tensors, saved and restored like one.

    Args:
        module: what it is the average of; it begins as a copy.
    """

    def __init__(self, module: nn.Module) -> None:
        self.tensors = {k: v.detach().clone() for k, v in module.state_dict().items()}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the tensors themselves by name."""
        return self.tensors

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over values.

        Raises:
            KeyError: one is missing.
            RuntimeError: one has another shape.
        """
        for name, value in self.tensors.items():
            value.copy_(state[name])
