"""A generator's pass as a function of tensors alone, for a compiler to trace."""

from __future__ import annotations

from torch import Tensor, nn

from stylemix.generators import Generator
from stylemix.injections.style import Style, StyleMix
from stylemix.runtime.leaves import rebuild
from stylemix.runtime.plan import Plan


class DrawingStep(nn.Module):
    """``forward(content, row, column, *inputs)`` draws; the inputs are those of a plan."""

    def __init__(self, generator: Generator, plan: Plan) -> None:
        super().__init__()
        self.generator = generator
        self.plan = plan

    def forward(self, content: Tensor, row: Tensor, column: Tensor, *inputs: Tensor) -> Tensor:
        """Return the picture [1, 3, H, W] in [0, 1].

        Args:
            content: [1, 3, H, W] in [0, 1].
            row: of the whole picture where the content begins, in pixels, int64 [].
            column: the same.
            inputs: what :meth:`Plan.inputs` gave.
        """
        style = Style(rebuild(self.plan.likes, inputs), "")
        return self.generator(content, StyleMix.single(style, (row, column)))
