"""One step of the training of a model: batch, forward, losses, backward, step, average, report.

The networks here are small, so that a GPU waits for the CPU that starts its kernels: a step through
VGG-16 has about two thousand of them. On CUDA they are captured in a graph, which starts them by
itself while the host draws the next step's numbers; elsewhere the same function runs as it is.
Nothing in it may read a value back or make a tensor from host memory, and within a phase every
shape is the same in every captured step.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from stylemix.losses.objective import Objective
from stylemix.training.average import decay_at
from stylemix.training.descent import Descent
from stylemix.training.model.batches import Batches, Draws
from stylemix.training.model.config import PhaseConfig
from stylemix.training.model.shifted import LABEL, WEIGHT

log = logging.getLogger(__name__)

WARM = 3
"""Steps that run plainly before one is captured, as CUDA asks for."""
AHEAD = 4
"""Steps that the host may draw ahead of the device."""


class TrainingStep:
    """A phase's step, ready to be made again and again.

    Args:
        losses: from a batch to its losses, :class:`BatchLosses` or what wraps it.
        objective: weighs them.
        batches: draws and cuts what a step trains on.
        phase: sizes, shares and weights.
        descent: the optimizer.
        average: the averaged tensors by name, or none.
        now: the tensors that they are the average of.
        decay: of the average.
        captured: run it as a CUDA graph.

    Attributes:
        labels: of the losses.
    """

    def __init__(
        self,
        losses: nn.Module,
        objective: Objective,
        batches: Batches,
        phase: PhaseConfig,
        descent: Descent,
        average: Mapping[str, Tensor],
        now: Mapping[str, Tensor],
        *,
        decay: float,
        captured: bool = False,
    ) -> None:
        self.losses = losses
        self.objective = objective
        self.batches = batches
        self.phase = phase
        self.descent = descent
        self.decay = decay
        self.captured = captured
        self.weights = {LABEL: WEIGHT, **phase.weights}
        self.averaged = [v for v in average.values() if v.is_floating_point()]
        self.followed = [now[k] for k, v in average.items() if v.is_floating_point()]
        self.counters = [(v, now[k]) for k, v in average.items() if not v.is_floating_point()]
        self.labels = [*objective.terms, *([LABEL] if phase.shifted else [])]
        self.device = descent.rate.device
        self.totals = torch.zeros(len(self.labels), device=self.device)
        self.share = torch.zeros((), device=self.device)
        self.made = self.unread = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._inputs: dict[str, Tensor] = {}
        self._slots: list[tuple[dict[str, Tensor], Any]] = []

    def __call__(self, step: int, rate: float, seen: int, seen_styles: int) -> None:
        """Make a step.

        Args:
            step: its number.
            rate: of learning.
            seen: photographs used before.
            seen_styles: paintings used before.
        """
        draws = self.batches.draw(self.phase, step, seen, seen_styles)
        if self.captured:
            draws = self._into_place(self.batches.most(self.phase, draws))
        self.descent.set(step, rate)
        self.share.fill_(1 - decay_at(self.decay, step))
        if self._graph is not None:
            self._graph.replay()
        elif not self.captured:
            self.compute(self._moved(draws))
        elif self.made < WARM:
            self._on_a_stream_of_its_own(draws)
        else:
            self._capture(draws)
        self.made += 1
        self.unread += 1

    def compute(self, draws: Draws) -> None:
        """Compute a step from numbers that lie on the device."""
        batch = self.batches.cut(self.phase, draws)
        parts = self.losses(batch)
        loss = self.objective.total(parts, self.weights)
        made = self.descent(loss)
        self._average(made)
        self.totals += torch.stack([parts[label].detach().float() for label in self.labels])

    @torch.no_grad()
    def _average(self, made: Tensor) -> None:
        """Move the averaged tensors towards the present ones, after a step that was made."""
        if not self.averaged:
            return
        ways = torch._foreach_sub(self.followed, self.averaged)
        torch._foreach_mul_(ways, self.share * made)
        torch._foreach_add_(self.averaged, ways)
        for average, now in self.counters:
            average.copy_(now)

    def read(self) -> dict[str, float]:
        """Return each loss's mean over the steps since the last reading; waits for the device."""
        totals, count = self.totals.tolist(), max(1, self.unread)
        self.totals.zero_()
        self.unread = 0
        return {label: total / count for label, total in zip(self.labels, totals, strict=True)}

    def _moved(self, draws: Draws) -> Draws:
        tensors = {k: v.to(self.device) for k, v in draws.tensors.items()}
        return dataclasses.replace(draws, tensors=tensors)

    def _into_place(self, draws: Draws) -> Draws:
        """Copy numbers into the tensors that the graph reads, without waiting for the device."""
        if not self._inputs:
            self._inputs = {k: v.to(self.device) for k, v in draws.tensors.items()}
            self._slots = [
                ({k: torch.empty_like(v).pin_memory() for k, v in draws.tensors.items()}, event)
                for event in (torch.cuda.Event() for _ in range(AHEAD))
            ]
        pinned, free = self._slots[self.made % AHEAD]
        free.synchronize()  # the copy that read them last is done
        for name, value in draws.tensors.items():
            pinned[name].copy_(value)
            self._inputs[name].copy_(pinned[name], non_blocking=True)
        free.record()
        return dataclasses.replace(draws, tensors=self._inputs)

    def _on_a_stream_of_its_own(self, draws: Draws) -> None:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            self.compute(draws)
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self, draws: Draws) -> None:
        """Capture a step and make it; where that can't be done, run plainly from now on."""
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        self.descent.adam.zero_grad(set_to_none=True)
        try:
            with torch.cuda.graph(graph):
                self.compute(draws)
        except RuntimeError as problem:
            log.warning("the step can't be captured and runs plainly, slower: %s", problem)
            self.captured = False
            torch.cuda.synchronize()
            self.compute(draws)
            return
        self._graph = graph
        graph.replay()


@contextlib.contextmanager
def exact_products(exact: bool) -> Iterator[None]:
    """Set for a while whether CUDA multiplies float32 matrices exactly or by TensorFloat-32.

    Its 10 bits hold products of bfloat16 values without loss, and sums are in float32 either way;
    so nothing is lost where maps are in bfloat16, and Gram matrices come several times faster.
    """
    matmul = torch.backends.cuda.matmul
    before = matmul.allow_tf32
    matmul.allow_tf32 = not exact
    try:
        yield
    finally:
        matmul.allow_tf32 = before
