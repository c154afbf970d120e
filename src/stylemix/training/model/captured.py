"""A training step without the host: everything from crop to average in one CUDA graph.

The networks here are small, so that a GPU waits for the CPU that starts its kernels: a step through
VGG-16 has about two thousand of them. Captured in a graph they start by themselves; the host draws
the next step's numbers in the meantime. Nothing in a step may read a value back or make a tensor
from host memory, and every shape is the same in every step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylemix.injections.style import Style, StyleMix
from stylemix.losses.objective import Objective
from stylemix.ops import stream
from stylemix.stylizers import FeedForward
from stylemix.training.model.bank import Bank
from stylemix.training.model.pool import Pool
from stylemix.types import VECTORS, StyleCode

STRENGTHS = (0.3, 0.9)
"""Strengths of samples that are stylised in part."""
ORIGINS = 512
"""Rows and columns, in steps of 4 pixels, that a crop may begin at."""
SHIFT = 3
"""Pixels, at most, that a photograph is shifted by to see whether its picture shifts too."""
BORDER = 8
"""Pixels at the edges that are left out of that comparison."""
NOISE = 4 / 255
"""Deviation of the noise on the shifted photograph."""


@dataclass(frozen=True)
class Plan:
    """What every step of a phase has in common.

    Attributes:
        crop: side of the photographs' crops, in pixels.
        batch: photographs a step.
        zoom: a crop covers up to ``zoom * crop`` pixels, shrunk to ``crop``.
        identity: share of the samples that are identity pairs.
        partial: share of the samples that are stylised in part.
        shifted: share of the samples that are seen a second time, shifted and noisy.
        weights: loss weights that differ from the objective's, by label; ``"shift"`` is that of
            the shifted pictures' mean squared difference.
    """

    crop: int
    batch: int
    zoom: float = 1.0
    identity: float = 0.0
    partial: float = 0.0
    shifted: float = 0.0
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def own_rows(self) -> int:
        """How many of a batch, its first ones, may take a photograph as their style."""
        share = self.batch * (self.identity + self.partial)
        return min(self.batch, int(share) + 2) if share else 0

    @property
    def shifted_rows(self) -> int:
        """How many of a batch, its last ones, are seen shifted."""
        return round(self.batch * self.shifted)


def draw(plan: Plan, step: int, photographs: int, crops: int, seed: int) -> dict[str, Tensor]:
    """Draw a step's numbers, from its number alone.

    Identity pairs come first, then samples in part: their numbers are the plan's shares of the
    batch, rounded up or down at random.

    Returns:
        ``content`` int64 [B], ``chance`` [B, 4], ``style`` int64 [B], ``share`` [B], how much of a
        sample's style is its own photograph, ``origin`` and ``shift`` int64 [2].
    """
    chance = stream(seed, "batch", step)
    share = torch.zeros(plan.batch)
    counts = [
        int(plan.batch * p + float(torch.rand((), generator=chance)))
        for p in (plan.identity, plan.partial)
    ]
    own = min(plan.own_rows, sum(counts))
    share[:own] = 1 - torch.empty(own).uniform_(*STRENGTHS, generator=chance)
    share[: min(own, counts[0])] = 1
    turns = [
        _turn(step * plan.batch, plan.batch, size, seed, name)
        for name, size in (("photographs", photographs), ("paintings", crops))
    ]
    return {
        "content": turns[0],
        "style": turns[1],
        "share": share,
        "chance": torch.rand(plan.batch, 4, generator=chance),
        "origin": torch.randint(ORIGINS, (2,), generator=chance) * 4,
        "shift": torch.randint(2 * SHIFT + 1, (2,), generator=chance),
    }


def _turn(first: int, count: int, size: int, seed: int, name: str) -> Tensor:
    """Give ``count`` indices, from number ``first`` on, of endless reshuffled passes."""
    found = torch.empty(0, dtype=torch.int64)
    while len(found) < count:
        turn, place = divmod(first + len(found), size)
        order = torch.randperm(size, generator=stream(seed, name, turn))
        found = torch.cat([found, order[place : place + count - len(found)]])
    return found


class CapturedStep:
    """One step of training, ready to be replayed.

    Args:
        model: what is trained.
        objective: what for.
        photographs: to crop from.
        bank: crops of paintings with their targets and statistics.
        plan: the phase.
        optimizer: Adam over the model's trainable parameters, ``capturable`` on CUDA, with its
            learning rate in a tensor.
        average: the averaged weights by the parameters' names.
        clip: largest norm of the gradient.
        precision: of the networks' autocast.
        seed: of what is drawn.

    Attributes:
        totals: sums of the steps' losses since they were last read, by :attr:`labels`.
        labels: what they are of.
    """

    def __init__(
        self,
        model: FeedForward,
        objective: Objective,
        photographs: Pool,
        bank: Bank,
        plan: Plan,
        optimizer: torch.optim.Optimizer,
        average: Mapping[str, Tensor],
        *,
        clip: float,
        precision: torch.dtype,
        seed: int,
    ) -> None:
        self.model = model
        self.objective = objective
        self.photographs = photographs
        self.bank = bank
        self.plan = plan
        self.optimizer = optimizer
        self.clip = clip
        self.precision = precision
        self.seed = seed
        self.device = photographs.pixels.device
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.parameters: list[Tensor] = list(trained.values())
        self.averaged = [average[name] for name in trained]
        self.labels = [*objective.terms, "shift"]
        self.totals = torch.zeros(len(self.labels), device=self.device)
        self.inputs = {k: v.to(self.device) for k, v in self._draw(0).items()}
        self.decay = torch.zeros((), device=self.device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self._slots: list[tuple[dict[str, Tensor], Any]] = []

    def _draw(self, step: int) -> dict[str, Tensor]:
        return draw(self.plan, step, len(self.photographs), len(self.bank), self.seed)

    def capture(self, first: int) -> int:
        """Make a few steps on a stream of their own, as CUDA asks for, and capture the next.

        Args:
            first: number of the first of them.

        Returns:
            The number of the step to go on with.
        """
        if self.device.type != "cuda":
            return first
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for step in range(first, first + 3):
                self._set(step, self._draw(step))
                self._compute()
        torch.cuda.current_stream().wait_stream(stream)
        torch.cuda.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(self.graph):
            self._compute()
        self._slots = [
            ({k: v.pin_memory() for k, v in self._draw(0).items()}, torch.cuda.Event())
            for _ in range(4)
        ]
        return first + 3

    def __call__(self, step: int, rate: float, decay: float) -> None:
        """Make a step.

        Args:
            step: its number.
            rate: of learning.
            decay: of the average.
        """
        drawn = self._draw(step)
        if self.graph is None:
            self._set(step, drawn, rate, decay)
            self._compute()
            return
        pinned, free = self._slots[step % len(self._slots)]
        free.synchronize()  # the copy that read it last is done
        for name, value in drawn.items():
            pinned[name].copy_(value)
        self._set(step, pinned, rate, decay)
        free.record()
        self.graph.replay()

    def _set(
        self,
        step: int,
        drawn: Mapping[str, Tensor],
        rate: float | None = None,
        decay: float | None = None,
    ) -> None:
        for name, value in drawn.items():
            self.inputs[name].copy_(value, non_blocking=True)
        if rate is not None:
            for group in self.optimizer.param_groups:
                group["lr"].fill_(rate)
        if decay is not None:
            self.decay.fill_(decay)

    def _compute(self) -> None:
        """Compute a step from what :attr:`inputs` hold."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(
            self.device.type, self.precision, enabled=self.precision != torch.float32
        ):
            parts = self._losses()
        weights = {"shift": 0.0, **self.objective.weights, **self.plan.weights}
        loss = torch.stack([weights[k] * v.float() for k, v in parts.items()]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, self.clip)
        self.optimizer.step()
        with torch.no_grad():
            steps = list(torch._foreach_sub(self.parameters, self.averaged))
            torch._foreach_mul_(steps, 1 - self.decay)
            torch._foreach_add_(self.averaged, steps)
            self.totals += torch.stack(
                [parts[k].float() if k in parts else self.decay * 0 for k in self.labels]
            )

    def _losses(self) -> dict[str, Tensor]:
        drawn, plan = self.inputs, self.plan
        margin = SHIFT if plan.shifted_rows else 0
        wide = self.photographs.cut(
            drawn["content"], plan.crop + 2 * margin, drawn["chance"], plan.zoom
        )
        content = wide[:, :, margin : margin + plan.crop, margin : margin + plan.crop]
        content = content.contiguous(memory_format=torch.channels_last)
        targets = {
            **self.bank.targets_of(drawn["style"]),
            **self.objective.prepare_one("content", content),
        }
        mix = self._mix(content)
        output = self.model(content, mix)
        parts = self.objective(output, targets, drawn["share"])
        if plan.shifted_rows:
            parts["shift"] = self._shift_error(wide, output, mix)
        return parts

    def _mix(self, content: Tensor) -> StyleMix:
        """Give the mixture of each sample: its painting's style, its own, or both in part."""
        encoder, drawn, rows = self.model.encoder, self.inputs, self.plan.own_rows
        maps = self.model.needs - set(VECTORS)
        origin = (drawn["origin"][0], drawn["origin"][1])
        share = drawn["share"].view(-1, 1)
        assert self.bank.statistics is not None
        statistics = self.bank.statistics[drawn["style"]]
        image = self.bank.images(drawn["style"]) if maps else None
        if not rows:
            return StyleMix.single(self._style(statistics, image), origin)
        own = encoder.statistics(content[:rows])
        assert own is not None
        itself = share[:rows] == 1
        statistics_own = torch.cat([own.float(), statistics[rows:]])
        statistics = torch.cat(
            [torch.where(itself, own.float(), statistics[:rows]), statistics[rows:]]
        )
        image_own = None
        if image is not None:
            resized = nn.functional.interpolate(
                content[:rows], size=image.shape[-2:], mode="bilinear", align_corners=False
            )
            image_own = torch.cat([resized, image[rows:]])
            image = torch.cat(
                [torch.where(itself[:, :, None, None], resized, image[:rows]), image[rows:]]
            )
        weight = torch.where(share < 1, share, 0.0).view(-1, 1, 1, 1)
        return StyleMix(
            (self._style(statistics, image), self._style(statistics_own, image_own)),
            (1 - weight, weight),
            origin,
        )

    def _style(self, statistics: Tensor, image: Tensor | None) -> Style:
        code: StyleCode = self.model.encoder.embed(statistics)
        if image is not None:
            names = sorted(self.model.needs - set(VECTORS))
            code = {**code, **self.model.encoder.trunk(image, names)}  # type: ignore[operator]
        return self.model.prepare(None, code)

    def _shift_error(self, wide: Tensor, output: Tensor, mix: StyleMix) -> Tensor:
        """Measure how far the picture of a shifted, noisy photograph is from the shifted picture.

        Both look through the same grain, which stays with the frame, as it does in a film.
        """
        rows, side = slice(-self.plan.shifted_rows, None), self.plan.crop
        shift = self.inputs["shift"]
        down, right = (torch.arange(side, device=self.device) + shift[d] for d in (0, 1))
        moved = wide[rows].index_select(2, down).index_select(3, right)
        moved = (moved + NOISE * torch.randn_like(moved)).clamp(0, 1)
        moved = moved.contiguous(memory_format=torch.channels_last)
        styles = tuple(Style(_rows(s.prepared, rows), s.fingerprint) for s in mix.styles)
        weights = tuple(w[rows] if len(w) > 1 else w for w in mix.weights)
        found = self.model(moved, StyleMix(styles, weights, mix.origin))
        wanted = output[rows].index_select(2, (down - SHIFT).clamp(0, side - 1))
        wanted = wanted.index_select(3, (right - SHIFT).clamp(0, side - 1))
        inner = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER))
        return (found[inner].float() - wanted[inner].float()).square().mean()


def _rows(value: Any, rows: slice) -> Any:
    """Give some rows of what was prepared of a batch of styles."""
    return mapped(value, lambda t: t[rows])


def mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Apply a function to every tensor of nested mappings, tuples and lists."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Mapping):
        return {k: mapped(v, change) for k, v in value.items()}
    return type(value)(mapped(v, change) for v in value)
