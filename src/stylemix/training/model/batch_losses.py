"""The differentiable part of a training step, as a module that DDP can wrap."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.injections.style import Style, StyleMix
from stylemix.losses.objective import Objective, Targets
from stylemix.stylizers import FeedForward
from stylemix.training.model.batches import Batch
from stylemix.training.model.shifted import LABEL, last_rows, shift_error
from stylemix.training.model.split import desaturated
from stylemix.training.model.tensors import map_tensors
from stylemix.types import StyleCode


class BatchLosses(nn.Module):
    """From a batch to its losses, without reading a value back from the device.

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
        """Return each term's loss, averaged over this process's share of the batch."""
        content, identity, split = batch.content, batch.identity, batch.split
        repeats = len(content) // len(identity)
        with torch.autocast(
            content.device.type, self.precision, enabled=self.precision != torch.float32
        ):
            flags = None if split is None else split.flags(len(identity)).repeat_interleave(repeats)
            targets = {
                **self._style_targets(batch),
                **self.objective.prepare_one("content", content, desaturated(content, flags)),
            }
            mix = self._mix(batch, repeats)
            output = self.model(content, mix)
            share = identity.repeat_interleave(repeats) if repeats > 1 else identity
            parts = self.objective(output, targets, share, desaturated(output, flags))
            if (shifted := batch.shifted) is not None:
                count = len(shifted.images)
                found = self.model(shifted.images, last_rows(mix, count))
                parts[LABEL] = shift_error(found, output[-count:], shifted.shift)
            return parts

    def _mix(self, batch: Batch, repeats: int) -> StyleMix:
        """Return each sample's mixture: its painting's style, its own, or as ``strength`` does."""
        share, own = batch.identity, len(batch.identity) if batch.own is None else batch.own
        if batch.rows is not None:
            code = self.model.encoder.rows(batch.rows)
            style = self.model.prepare(batch.style, code)
            return StyleMix.single(_repeated(style, repeats), batch.origin)
        known = batch.style if batch.statistics is None else batch.statistics
        assert known is not None
        if not own or repeats > 1 or not self.model.needs_style:
            style = self._prepared(known, batch)
            return StyleMix.single(_repeated(style, repeats), batch.origin)
        itself = self._known_of_photographs(batch, own)
        pairs = (share[:own] == 1).view(-1, *[1] * (known.ndim - 1))
        known = torch.cat([torch.where(pairs, itself, known[:own]), known[own:]])
        style = self._prepared(known, batch)
        if not batch.mixed:
            return StyleMix.single(style, batch.origin)
        mine = self._prepared(itself)
        # Behind the first ones, whose own style has no weight, any style serves.
        both = map_tensors(
            lambda a, b: torch.cat([a, b[own:].to(a.dtype)]), mine.prepared, style.prepared
        )
        weight = torch.where(share < 1, share, 0.0).view(-1, 1, 1, 1)
        styles = (style, Style(both, style.fingerprint))
        return StyleMix(styles, (1 - weight, weight), batch.origin)

    def _known_of_photographs(self, batch: Batch, count: int) -> Tensor:
        """Return for the first photographs what the batch knows of its paintings."""
        content = batch.content[:count]
        if batch.statistics is not None:
            measured = self.model.encoder.statistics(content)
            assert measured is not None
            return measured.float()
        assert batch.style is not None
        size = batch.style.shape[-2:]
        if content.shape[-2:] == size:
            return content
        return F.interpolate(content, size=size, mode="bilinear", align_corners=False)

    def _prepared(self, known: Tensor, batch: Batch | None = None) -> Style:
        """Prepare styles from statistics [N, S] or pictures [N, 3, h, w], for every site.

        Args:
            known: of the styles.
            batch: some of whose samples may take another painting's palette.
        """
        encoder = self.model.encoder
        image = known if known.ndim == 4 else None
        code = encoder.embed(known) if image is None else None
        if batch is not None and batch.split is not None:
            split = batch.split
            code = encoder(image) if code is None else code
            if image is not None:
                other = encoder(split.colors)
            else:
                assert split.statistics is not None
                other = encoder.embed(split.statistics)
            code = _with_palette(code, split.rows, other)
        return self.model.prepare(image, code)

    def _style_targets(self, batch: Batch) -> Targets:
        """Return the paintings' targets.

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


def _with_palette(code: StyleCode, rows: Tensor, other: StyleCode) -> StyleCode:
    """Return a code of N paintings whose palettes at some rows are another code's, in order."""
    return {**code, "palette": code["palette"].index_copy(0, rows, other["palette"])}


def _repeated(style: Style, times: int) -> Style:
    """Let each of N prepared styles serve ``times`` photographs in a row."""
    if times == 1:
        return style
    repeated = map_tensors(lambda t: t.repeat_interleave(times, dim=0), style.prepared)
    return Style(repeated, style.fingerprint)
