"""What one step sees, drawn from the step's number alone, every style equally often."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylemix.ops import stream
from stylemix.training.data import Crops


class BalancedBatches:
    """Draws crops of paintings.

    Styles come in endless reshuffled rounds, each once per round; a style's paintings come in
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
        """Return number and style of the next ``count`` paintings after ``seen``."""
        styles = len(self.members)
        found = []
        for number in range(seen, seen + count):
            turn, position = divmod(number, styles)
            style = self._shuffled(styles, "styles", turn)[position]
            group = self.members[style]
            again, position = divmod(turn, len(group))
            order = self._shuffled(len(group), f"paintings of {style}", again)
            found.append((group[order[position]], style))
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
        chance = torch.rand(len(drawn), 4, generator=stream(self.seed, "crops", step))
        images = self.crops.cut([number for number, _ in drawn], side, chance, zoom)
        numbers, styles = torch.tensor(drawn, device=self.crops.device).unbind(1)
        return images, numbers, styles

    def _shuffled(self, size: int, name: str, turn: int) -> list[int]:
        order: list[int] = torch.randperm(size, generator=stream(self.seed, name, turn)).tolist()
        return order
