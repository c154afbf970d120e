"""What one step trains on, drawn from the step's number alone.

Nothing random outlives a step, so a resumed run draws exactly what an uninterrupted one would.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.losses.objective import Targets
from stylemix.ops import stream
from stylemix.training.data import Crops
from stylemix.training.model.bank import Bank
from stylemix.training.model.config import PhaseConfig
from stylemix.training.model.split import Split

ORIGINS = 512
"""Rows and columns, in steps of 4 pixels, that a crop may begin at; see
:class:`stylemix.generators.grain.Grain`: no place of its field is learned by heart."""
STRENGTHS = (0.3, 0.9)
"""Strengths of samples that are stylised in part."""


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
    """

    content: Tensor
    style: Tensor | None
    statistics: Tensor | None
    targets: Targets | None
    identity: Tensor
    rows: Tensor | None = None
    split: Split | None = None
    origin: tuple[int, int] = (0, 0)


class Batches:
    """Draws batches.

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
        photographs: Crops,
        paintings: Crops | None,
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
        self.rows = rows

    def draw(self, phase: PhaseConfig, step: int, seen: int, seen_styles: int) -> Batch:
        """Draw the batch of one step.

        Args:
            phase: sizes and shares.
            step: its number.
            seen: photographs used before.
            seen_styles: paintings used before.
        """
        count = phase.batch // phase.per_style
        chance = stream(self.seed, "batch", step)
        content_chance = torch.rand(phase.batch, 4, generator=chance)
        style_chance = torch.rand(count, 4, generator=chance)
        identity = (torch.rand(count, generator=chance) < phase.identity).float()
        crop = phase.style_crop[int(torch.randint(len(phase.style_crop), (), generator=chance))]
        size = len(self.bank) if self.bank else len(self.paintings or ())
        row, column = torch.randint(ORIGINS, (2,), generator=chance).mul(4).tolist()
        origin = (row, column)
        # Drawn last, so that runs without split samples draw what they always did.
        divided = (torch.rand(count, generator=chance) < phase.split) & (identity == 0)
        others = torch.randint(size, (count,), generator=chance)
        other_chance = torch.rand(count, 4, generator=chance)
        partial = torch.rand(count, generator=chance) < phase.partial
        strength = torch.empty(count).uniform_(*STRENGTHS, generator=chance)
        identity = torch.where(partial & (identity == 0) & ~divided, 1 - strength, identity)
        contents = self._turn(seen, phase.batch, len(self.photographs), "photographs")
        styles = self._turn(seen_styles, count, size, "paintings")

        mine = slice(self.rank * count // self.world, (self.rank + 1) * count // self.world)
        wide = slice(mine.start * phase.per_style, mine.stop * phase.per_style)
        content = self.photographs.cut(contents[wide], phase.crop, content_chance[wide], phase.zoom)
        identity = identity[mine].to(content.device)
        # A bank holds its crops in turns over all paintings.
        rows = None if self.rows is None else self.rows[torch.tensor(styles[mine]) % len(self.rows)]
        if self.bank is None:
            assert self.paintings is not None
            style = self.paintings.cut(styles[mine], crop, style_chance[mine])
            split = None
            if len(places := divided[mine].nonzero().flatten()):
                colors = self.paintings.cut(
                    others[mine][places].tolist(), crop, other_chance[mine][places]
                )
                places = places.to(style.device)
                split = Split(places, style[places], colors, None)
            return Batch(content, style, None, None, identity, rows, split, origin)
        chosen = torch.tensor(styles[mine], device=self.bank.crops.device)
        targets = self.bank.targets_of(chosen)
        known = None if self.maps else self.bank.statistics
        split = self._split(self.bank, divided[mine], chosen, others[mine], known)
        if known is not None:
            return Batch(content, None, known[chosen], targets, identity, rows, split, origin)
        images = self.bank.images(chosen)
        return Batch(content, images, None, targets, identity, rows, split, origin)

    @staticmethod
    def _split(
        bank: Bank, divided: Tensor, chosen: Tensor, others: Tensor, statistics: Tensor | None
    ) -> Split | None:
        """Give the split samples among chosen crops of the bank."""
        places = divided.nonzero().flatten()
        if not len(places):
            return None
        others = others[places].to(chosen.device)
        places = places.to(chosen.device)
        return Split(
            places,
            bank.images(chosen[places]),
            bank.images(others),
            None if statistics is None else statistics[others],
        )

    def _turn(self, seen: int, count: int, size: int, name: str) -> list[int]:
        """Give the next ``count`` indices of endless reshuffled passes over ``size`` pictures."""
        found = []
        passes: dict[int, list[int]] = {}
        for number in range(seen, seen + count):
            turn, place = divmod(number, size)
            if turn not in passes:
                chance = stream(self.seed, name, turn)
                passes[turn] = torch.randperm(size, generator=chance).tolist()
            found.append(passes[turn][place])
        return found
