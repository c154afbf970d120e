"""The differentiable part of a training step, as a module that DDP and compilers can wrap."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.losses.objective import Objective, Targets
from stylemix.style import Style, StyleMix
from stylemix.stylizers import FeedForward
from stylemix.training.batches import Batch
from stylemix.types import StyleCode


class Step(nn.Module):
    """From a batch to its losses.

    Args:
        model: what is trained.
        objective: what it is trained for; it has no trainable parameters.
        precision: type of the autocast, float32 for none.
    """

    def __init__(self, model: FeedForward, objective: Objective, precision: torch.dtype) -> None:
        super().__init__()
        self.model = model
        self.objective = objective
        self.precision = precision

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Give each term's loss, averaged over this process's share of the batch."""
        content, identity = batch.content, batch.identity
        if self.precision == torch.bfloat16:
            content = content.to(memory_format=torch.channels_last)
        repeats = len(content) // len(identity)
        with torch.autocast(content.device.type, self.precision,
                            enabled=self.precision != torch.float32):
            targets = self._targets(batch)
            image, code = self._style(batch)
            style = _repeat(self.model.prepare(image, code), repeats)
            output = self.model(content, StyleMix.single(style))
            return self.objective(output, targets, identity.repeat_interleave(repeats))

    def _targets(self, batch: Batch) -> Targets:
        known = batch.targets
        if known is None:
            assert batch.style is not None
            known = self.objective.prepare_one("style", batch.style)
        return {**self.objective.prepare_one("content", batch.content), **known}

    def _style(self, batch: Batch) -> tuple[Tensor | None, StyleCode | None]:
        """Give the style pictures, or their code; identity pairs take the photograph."""
        encoder = self.model.encoder
        if batch.rows is not None:
            return batch.style, encoder.rows(batch.rows)
        rows = batch.identity.nonzero().flatten()
        own = batch.content[rows]
        if batch.statistics is not None:
            statistics = batch.statistics
            if len(rows):
                measured = encoder.statistics(own)
                assert measured is not None
                statistics = statistics.index_copy(0, rows, measured.float())
            return batch.content, encoder.embed(statistics)
        image = batch.style
        assert image is not None
        if len(rows):
            if own.shape[-2:] != image.shape[-2:]:
                own = F.interpolate(own, size=image.shape[-2:], mode="bilinear",
                                    align_corners=False)
            image = image.index_copy(0, rows, own)
        return image, None


def _repeat(style: Style, times: int) -> Style:
    """Let each of N prepared styles serve ``times`` photographs in a row."""
    if times == 1:
        return style

    def repeat(value: object) -> object:
        if isinstance(value, Tensor):
            return value.repeat_interleave(times, dim=0)
        if isinstance(value, dict):
            return {k: repeat(v) for k, v in value.items()}
        assert isinstance(value, tuple | list)
        return type(value)(repeat(v) for v in value)

    return Style({k: repeat(v) for k, v in style.prepared.items()}, style.fingerprint)
