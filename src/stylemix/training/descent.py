"""Adam's steps down a clipped gradient, none of which waits for the host."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.training.run_config import OptimizerConfig


class Descent:
    """Adam that comes to rest at the first step whose loss or gradient isn't finite.

    From that step on parameters and moments stay as they are, until :meth:`failure` is asked for:
    reading a number in every step would make a GPU wait for the host. Everything in a step is one
    fused kernel or a few, and can be captured in a CUDA graph.

    Args:
        trainable: the parameters by name.
        config: moments, clipping and the first learning rate.
        device: where the parameters lie.
        shared: other processes train the same parameters; all of them stop where one does.

    Attributes:
        adam: the optimizer.
        trainable: the parameters by name.
        rate: learning rate of the next step, float32 [].
        number: number of the next step, int64 [].
        failed: number of the first step that wasn't finite, int64 []; -1 where all were.
    """

    def __init__(
        self,
        trainable: Mapping[str, nn.Parameter],
        config: OptimizerConfig,
        device: torch.device,
        shared: bool = False,
    ) -> None:
        self.shared = shared
        self.trainable = dict(trainable)
        self.clip = config.clip or math.inf
        self.rate = torch.tensor(config.lr, device=device)
        self.adam = torch.optim.Adam(
            self.trainable.values(),
            lr=self.rate,
            betas=config.betas,
            fused=True,
            capturable=device.type == "cuda",
        )
        self.number = torch.zeros((), dtype=torch.int64, device=device)
        self.failed = torch.full((), -1, dtype=torch.int64, device=device)

    def set(self, step: int, rate: float) -> None:
        """Set number and learning rate of the next step."""
        self.number.fill_(step)
        self.rate.fill_(rate)

    def __call__(self, loss: Tensor) -> Tensor:
        """Make a step down the gradient of a loss.

        Returns:
            Whether it was made, bool []; False at and after a loss or gradient that isn't finite.
        """
        self.adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.trainable.values(), self.clip)
        finite = torch.isfinite(loss.detach()) & torch.isfinite(norm)
        if self.shared:
            together = finite.int()
            dist.all_reduce(together, dist.ReduceOp.MIN)
            finite = together > 0
        first = torch.where(finite, self.failed, self.number)
        self.failed.copy_(torch.where(self.failed >= 0, self.failed, first))
        made = self.failed < 0
        # What gradient scalers set: fused Adam changes nothing then.
        self.adam.found_inf = (~made).float()  # type: ignore[attr-defined]
        self.adam.step()
        return made

    def failure(self) -> int | None:
        """Return the number of the step that wasn't finite, or None; waits for the device."""
        failed = int(self.failed)
        return None if failed < 0 else failed

    def check(self) -> None:
        """Refuse to go on after a step that wasn't finite; waits for the device.

        Raises:
            ConfigError: names the step; parameters and moments are those of before it.
        """
        if (failed := self.failure()) is not None:
            raise not_finite(failed)


def not_finite(step: int) -> ConfigError:
    """Return the error of a training that diverged at a step."""
    return ConfigError(
        f"the loss or its gradient became infinite at step {step}; set "
        "runtime.precision = 'float32' and resume, or begin afresh with a "
        "lower optimizer.lr"
    )
