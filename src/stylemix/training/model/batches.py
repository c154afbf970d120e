"""What one step trains on: numbers drawn on the host, and the batch that they say.

Numbers depend on seed, step and counters alone, so that a resumed run draws exactly what an
uninterrupted one would. What is cut by them is cut without the host.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.losses.objective import Targets
from stylemix.ops import stream
from stylemix.training.data import Crops
from stylemix.training.model.bank import Bank
from stylemix.training.model.config import PhaseConfig
from stylemix.training.model.pool import Pool, cut
from stylemix.training.model.shifted import FIELD, SHIFT, Shifted, shift_photographs
from stylemix.training.model.split import Split

ORIGINS = 512
"""Rows and columns, in steps of 4 pixels, that a crop may begin at; see
:class:`stylemix.generators.grain.Grain`: no place of its field is learned by heart."""
STRENGTHS = (0.3, 0.9)
"""Strengths of samples that are stylised in part."""


@dataclass(frozen=True)
class Draws:
    """A step's numbers, or one process's share of them.

    Identity pairs come first, then samples in part, then split samples, then the others.

    Attributes:
        tensors: by name: ``content`` int64 [B] and ``content_chance`` [B, 4], which photographs
            and which crops of them; ``style`` int64 [N] and ``style_chance`` [N, 4], the same for
            paintings; ``share`` [N], how much of a sample's style is its own photograph;
            ``others`` int64 [N] and ``others_chance`` [N, 4], the palettes of split samples;
            ``origin`` int64 [2]; ``shift`` int64 [2] and ``noise`` int64 [B, 2] of shifted
            photographs.
        style_side: of the paintings' crops, in pixels.
        own: only the first ``own`` samples may take a photograph as their style.
        mixed: whether a sample may be stylised in part.
        split: the first split sample, and the one behind the last.
    """

    tensors: Mapping[str, Tensor]
    style_side: int
    own: int
    mixed: bool
    split: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Batch:
    """A batch, or one process's share of it.

    Attributes:
        content: photographs [B, 3, H, W] in [0, 1].
        style: paintings [N, 3, h, w] in [0, 1]; N divides B; None when ``statistics`` do.
        statistics: what the encoder measured of the paintings, [N, S], or None.
        targets: the paintings' loss targets, or None to compute them from ``style``.
        identity: [N] in [0, 1], how much of the style is the photograph's own: 0 for a painting
            alone, 1 for an identity pair, between them at a strength of ``1 - identity``.
        rows: [N], which of the encoder's named styles each painting is, or None.
        split: the paintings that give their texture only, or None where all give their colours.
        origin: where in a picture the photographs' crops are said to lie, row and column.
        own: ``identity`` is 0 behind the first ``own`` samples, and everywhere where N is less than
            B; None says nothing of it.
        mixed: whether ``identity`` may lie between 0 and 1.
        shifted: the last photographs seen a second time, or None.
    """

    content: Tensor
    style: Tensor | None
    statistics: Tensor | None
    targets: Targets | None
    identity: Tensor
    rows: Tensor | None = None
    split: Split | None = None
    origin: tuple[int | Tensor, int | Tensor] = (0, 0)
    own: int | None = None
    mixed: bool = True
    shifted: Shifted | None = None


class Batches:
    """Draws numbers, and cuts batches.

    Args:
        photographs: to crop from.
        paintings: to crop from; unused with a bank.
        bank: crops of paintings that are known already.
        maps: the injections need the encoder's maps, so statistics alone won't do.
        seed: of everything.
        rank: number of this process.
        world: number of processes; each gets an equal share of every batch.
        rows: [P], for each painting which of the encoder's named styles it is, or None.
    """

    def __init__(
        self,
        photographs: Crops | Pool,
        paintings: Crops | Pool | None,
        bank: Bank | None,
        *,
        maps: bool,
        seed: int,
        rank: int = 0,
        world: int = 1,
        rows: Tensor | None = None,
    ) -> None:
        self.photographs = photographs
        self.paintings = paintings
        self.bank = bank
        self.maps = maps
        self.seed = seed
        self.rank = rank
        self.world = world
        self.rows = None if rows is None else rows.to(photographs.device)

    def draw(self, phase: PhaseConfig, step: int, seen: int, seen_styles: int) -> Draws:
        """Draw the numbers of one step.

        Args:
            phase: sizes and shares.
            step: its number.
            seen: photographs used before.
            seen_styles: paintings used before.
        """
        count = phase.batch // phase.per_style
        size = len(self.bank or self.paintings or ())
        chance = stream(self.seed, "batch", step)
        tensors = {
            "content_chance": torch.rand(phase.batch, 4, generator=chance),
            "style_chance": torch.rand(count, 4, generator=chance),
            "others_chance": torch.rand(count, 4, generator=chance),
            "others": torch.randint(size, (count,), generator=chance),
            "origin": torch.randint(ORIGINS, (2,), generator=chance) * 4,
            "shift": torch.randint(2 * SHIFT + 1, (2,), generator=chance) - SHIFT,
            "noise": torch.randint(FIELD, (phase.batch, 2), generator=chance),
        }
        side = phase.style_crop[int(torch.randint(len(phase.style_crop), (), generator=chance))]
        strength = torch.empty(count).uniform_(*STRENGTHS, generator=chance)
        # Shares of a batch, rounded up or down at random.
        luck = torch.rand(3, generator=chance).tolist()
        identity = int(count * phase.identity + luck[0])
        split = int((count - identity) * phase.split + luck[1])
        partial = int((count - identity - split) * phase.partial + luck[2])
        own = identity + partial
        tensors["share"] = torch.zeros(count)
        tensors["share"][:own] = 1 - strength[:own]
        tensors["share"][:identity] = 1
        tensors["content"] = self._turn(seen, phase.batch, len(self.photographs), "photographs")
        tensors["style"] = self._turn(seen_styles, count, size, "paintings")
        return self._mine(Draws(tensors, side, own, partial > 0, (own, own + split)), phase)

    def most(self, phase: PhaseConfig, draws: Draws) -> Draws:
        """Return the same numbers, said to have as many samples of each kind as a phase can have.

        A captured step has one shape for all.
        """
        count = phase.batch // phase.per_style
        identity = _upper(count * phase.identity)
        own = min(count, identity + _upper((count - identity) * phase.partial))
        return Draws(draws.tensors, draws.style_side, own, phase.partial > 0)

    def cut(self, phase: PhaseConfig, draws: Draws) -> Batch:
        """Cut the batch that numbers say, whose tensors lie on the pictures' device."""
        drawn = draws.tensors
        content, shifted = self._photographs(phase, drawn)
        # A bank holds its crops in turns over all paintings.
        rows = None if self.rows is None else self.rows[drawn["style"] % len(self.rows)]
        style = statistics = targets = split = None
        if self.bank is None:
            assert self.paintings is not None
            style = cut(self.paintings, drawn["style"], draws.style_side, drawn["style_chance"])
        else:
            targets = self.bank.targets_of(drawn["style"])
            if self.maps or self.bank.statistics is None:
                style = self.bank.images(drawn["style"])
            else:
                statistics = self.bank.statistics[drawn["style"]]
        if draws.split[0] < draws.split[1]:
            split = self._split(draws, style)
        return Batch(
            content,
            style,
            statistics,
            targets,
            drawn["share"],
            rows,
            split,
            (drawn["origin"][0], drawn["origin"][1]),
            draws.own,
            draws.mixed,
            shifted,
        )

    def _photographs(
        self, phase: PhaseConfig, drawn: Mapping[str, Tensor]
    ) -> tuple[Tensor, Shifted | None]:
        count = round(len(drawn["content"]) * phase.shifted)
        margin = SHIFT if count else 0
        wide = cut(
            self.photographs,
            drawn["content"],
            phase.crop + 2 * margin,
            drawn["content_chance"],
            phase.zoom,
        )
        middle = slice(margin, margin + phase.crop)
        content = wide[:, :, middle, middle].contiguous(memory_format=_order(wide))
        if not count:
            return content, None
        places = drawn["noise"][-count:]
        return content, shift_photographs(wide[-count:], phase.crop, drawn["shift"], places)

    def _split(self, draws: Draws, style: Tensor | None) -> Split:
        """Return the split samples."""
        drawn, part = draws.tensors, slice(*draws.split)
        rows = torch.arange(*draws.split, device=drawn["share"].device)
        others = drawn["others"][part]
        if self.bank is None:
            assert self.paintings is not None
            assert style is not None
            colors = cut(self.paintings, others, draws.style_side, drawn["others_chance"][part])
            return Split(rows, style[part], colors, None)
        known = None if self.maps else self.bank.statistics
        return Split(
            rows,
            self.bank.images(drawn["style"][part]),
            self.bank.images(others),
            None if known is None else known[others],
        )

    def _mine(self, draws: Draws, phase: PhaseConfig) -> Draws:
        """Return this process's share of a step's numbers."""
        if self.world == 1:
            return draws
        count = len(draws.tensors["share"])
        mine = slice(self.rank * count // self.world, (self.rank + 1) * count // self.world)
        wide = slice(mine.start * phase.per_style, mine.stop * phase.per_style)
        tensors = dict(draws.tensors)
        for names, part in (
            (("content", "content_chance", "noise"), wide),
            (("style", "style_chance", "others", "others_chance", "share"), mine),
        ):
            tensors.update({name: tensors[name][part] for name in names})

        def within(place: int) -> int:
            return min(max(place - mine.start, 0), mine.stop - mine.start)

        share = tensors["share"]
        return Draws(
            tensors,
            draws.style_side,
            within(draws.own),
            bool(((share > 0) & (share < 1)).any()),
            (within(draws.split[0]), within(draws.split[1])),
        )

    def _turn(self, seen: int, count: int, size: int, name: str) -> Tensor:
        """Return the next indices of endless reshuffled passes over ``size`` pictures."""
        found = torch.empty(0, dtype=torch.int64)
        while len(found) < count:
            turn, place = divmod(seen + len(found), size)
            order = torch.randperm(size, generator=stream(self.seed, name, turn))
            found = torch.cat([found, order[place : place + count - len(found)]])
        return found


def _upper(share: float) -> int:
    """Return what a share of a batch is rounded up to; products such as 10 * 0.1 may be inexact."""
    return math.ceil(share - 1e-9)


def _order(images: Tensor) -> torch.memory_format:
    """Return the order of memory that convolutions are fastest in; see ``ops.placement.place``."""
    return torch.channels_last if images.is_cuda else torch.contiguous_format
