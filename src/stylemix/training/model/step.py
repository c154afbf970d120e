"""The differentiable part of a training step, as a module that DDP and compilers can wrap."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.injections.style import Style, StyleMix
from stylemix.losses.objective import Objective, Targets
from stylemix.stylizers import FeedForward
from stylemix.training.model.batches import Batch
from stylemix.training.model.split import drained
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
        repeats = len(content) // len(identity)
        with torch.autocast(
            content.device.type, self.precision, enabled=self.precision != torch.float32
        ):
            split = batch.split
            flags = None if split is None else split.flags(len(identity)).repeat_interleave(repeats)
            targets = {
                **self._style_targets(batch),
                **self.objective.prepare_one(
                    "content", batch.content, drained(batch.content, flags)
                ),
            }
            image, code = self._style(batch)
            style = _repeat(self.model.prepare(image, code), repeats)
            output = self.model(content, self._mix(style, batch))
            return self.objective(
                output, targets, identity.repeat_interleave(repeats), drained(output, flags)
            )

    def _mix(self, style: Style, batch: Batch) -> StyleMix:
        """Mix each painting with its photograph's own style, as ``strength`` does in use."""
        share = batch.identity
        between = (share > 0) & (share < 1)
        if not bool(between.any()):
            return StyleMix.single(style, batch.origin)
        own = self.model.prepare(batch.content)
        weight = torch.where(between, share, 0.0).view(-1, 1, 1, 1)
        return StyleMix((style, own), (1 - weight, weight), batch.origin)

    def _style_targets(self, batch: Batch) -> Targets:
        """Give the paintings' targets.

        For a split sample the feature network sees brightness alone, the output's and that of the
        texture; terms that look at the picture itself compare it with the painting whose colours
        it gets.
        """
        known, split = batch.targets, batch.split
        if known is None:
            assert batch.style is not None
            known = self.objective.prepare_one("style", batch.style)
        if split is None:
            return known
        own = self.objective.prepare_one("style", split.colors, split.target())
        return {
            label: [
                target.index_copy(0, split.rows, part.to(target.dtype))
                for target, part in zip(targets, own[label], strict=True)
            ]
            for label, targets in known.items()
        }

    def _style(self, batch: Batch) -> tuple[Tensor | None, StyleCode | None]:
        """Give the style pictures, or their code; identity pairs take the photograph."""
        encoder, split = self.model.encoder, batch.split
        if batch.rows is not None:
            return batch.style, encoder.rows(batch.rows)
        rows = (batch.identity == 1).nonzero().flatten()
        own = batch.content[rows]
        if batch.statistics is not None:
            statistics = batch.statistics
            if len(rows):
                measured = encoder.statistics(own)
                assert measured is not None
                statistics = statistics.index_copy(0, rows, measured.float())
            code = encoder.embed(statistics)
            if split is not None:
                assert split.statistics is not None
                code = _with_palette(code, split.rows, encoder.embed(split.statistics))
            return batch.content, code
        image = batch.style
        assert image is not None
        if len(rows):
            if own.shape[-2:] != image.shape[-2:]:
                own = F.interpolate(
                    own, size=image.shape[-2:], mode="bilinear", align_corners=False
                )
            image = image.index_copy(0, rows, own)
        if split is None:
            return image, None
        return image, _with_palette(encoder(image), split.rows, encoder(split.colors))


def _with_palette(code: StyleCode, rows: Tensor, other: StyleCode) -> StyleCode:
    """Give a code of N paintings whose palettes at some rows are another code's, in order."""
    return {**code, "palette": code["palette"].index_copy(0, rows, other["palette"])}


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
