"""A generator's pass as a function of tensors alone, for a compiler to trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from stylemix.generators import Generator
from stylemix.injections.base import Injection
from stylemix.injections.style import Style, StyleMix
from stylemix.runtime.leaves import flatten, rebuild
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
        plan = self.plan
        count = len(flatten(plan.likes))
        mix = TracedMix.of(
            rebuild(plan.likes, inputs[:count]),
            dict(zip(plan.strides, inputs[count:], strict=True)) if plan.maps else {},
            (row, column),
        )
        return self.generator(content, mix)


@dataclass(frozen=True)
class TracedMix(StyleMix):
    """A mixture of what was prepared, which comes as it is or is mixed from place to place.

    Attributes:
        prepared: by key; one style's, or with ``maps`` that of K styles, [K, C] per tensor.
        maps: the K styles' weights [1, K, h, w] by stride; empty where they don't vary.
    """

    prepared: Mapping[str, Any] = field(default_factory=dict)
    maps: Mapping[int, Tensor] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        prepared: Mapping[str, Any],
        maps: Mapping[int, Tensor],
        origin: tuple[int | Tensor, int | Tensor],
    ) -> TracedMix:
        """Return the mixture; the styles it stands for are not in it."""
        nobody = Style(prepared, "")
        return cls((nobody,), (torch.ones(1, 1, 1, 1),), origin, prepared, maps)

    @property
    def uniform(self) -> bool:
        """Whether it is the same mixture at every place."""
        return not self.maps

    def at(self, key: str, injection: Injection, x: Tensor) -> Tensor:
        """Return the features ``x`` [B, C, h, w] with the mixture injected at one site."""
        prepared = self.prepared[key]
        if self.maps:
            # By size and not by the site's stride: in front of an upsampling that is another one.
            weights = next(w for w in self.maps.values() if int(w.shape[2]) == int(x.shape[2]))
            mixed = [_mixed(leaf, weights) for leaf in flatten(prepared)]
            prepared = rebuild(prepared, mixed)
        return injection(x, prepared)


def _mixed(leaf: Tensor, weights: Tensor) -> Tensor:
    """Return ``sum_k weights_k * leaf_k`` at every place, [1, C, h, w], of [K, C]."""
    flat = leaf.t() @ weights.flatten(2)[0]
    return flat.view(1, -1, weights.shape[2], weights.shape[3])
