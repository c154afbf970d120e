"""What one step sees, drawn from the step's number alone, every style equally often."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.training.data import Crops


class BalancedBatches:
    """Draws crops of paintings.

    Styles come in endless reshuffled rounds, each once a round; a style's paintings come in
    reshuffled rounds of their own. Nothing random outlives a step, so a resumed run draws exactly
    what an uninterrupted one would.

    Args:
        crops: all paintings.
        labels: the number of each one's style, from 0 on.
        chosen: which paintings to draw; at least one of each style.
        seed: of everything.
    """

    def __init__(
        self, crops: Crops, labels: Sequence[int], chosen: Sequence[int], seed: int
    ) -> None:
        self.crops = crops
        self.seed = seed
        self.members: list[list[int]] = [[] for _ in range(max(labels) + 1)]
        for number in chosen:
            self.members[labels[number]].append(number)

    def paintings(self, seen: int, count: int) -> list[tuple[int, int]]:
        """Give number and style of the next ``count`` paintings after ``seen``."""
        styles = len(self.members)
        found = []
        for number in range(seen, seen + count):
            turn, place = divmod(number, styles)
            style = self._shuffled(styles, 0, turn)[place]
            group = self.members[style]
            again, place = divmod(turn, len(group))
            found.append((group[self._shuffled(len(group), 1 + style, again)[place]], style))
        return found

    def draw(
        self, step: int, seen: int, count: int, each: int, side: int, zoom: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Draw one step's batch.

        Args:
            step: its number.
            seen: paintings used before.
            count: paintings to draw, P.
            each: crops of each, R.
            side: of the crops, in pixels.
            zoom: as in :meth:`Crops.cut`.

        Returns:
            Crops [P R, 3, side, side] in [0, 1], those of one painting in a row; numbers of
            their paintings [P R]; numbers of their styles [P R].
        """
        drawn = [pair for pair in self.paintings(seen, count) for _ in range(each)]
        chance = torch.rand(len(drawn), 4, generator=_generator(self.seed, 0, step))
        images = self.crops.cut([number for number, _ in drawn], side, chance, zoom)
        numbers, styles = torch.tensor(drawn, device=self.crops.device).unbind(1)
        return images, numbers, styles

    def _shuffled(self, size: int, stream: int, turn: int) -> list[int]:
        order: list[int] = torch.randperm(
            size, generator=_generator(self.seed, 1 + stream, turn)
        ).tolist()
        return order


def _generator(seed: int, stream: int, number: int) -> torch.Generator:
    """Give a generator for each (seed, stream, number); sums of small primes' multiples differ."""
    mixed = (seed * 1_000_003 + stream * 7_368_787 + number * 15_485_863) % 2**63
    return torch.Generator().manual_seed(mixed)
