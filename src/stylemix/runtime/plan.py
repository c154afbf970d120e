"""What a graph takes in: which tensors, of which shapes, and how a mixture fills them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.generators import Generator, Injected
from stylemix.injections.base import Injection
from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments
from stylemix.runtime.leaves import flatten


class Unsupported(Exception):  # noqa: N818 - a reason for another way, not a fault
    """A drawing that has to run in PyTorch; the message says why."""


def attached(generator: Generator) -> Iterator[tuple[str, Injection]]:
    """Return the injections of a generator by the key of what was prepared for them."""
    for module in generator.modules():
        if isinstance(module, Injected):
            for name, injection in module.attached():
                yield f"{module.site.name}/{name}", injection


@dataclass(frozen=True)
class Plan:
    """The inputs of one graph of a generator.

    Where a mixture is the same at all places, what was prepared of its styles is mixed before the
    graph and comes in as one style. Otherwise all K styles come in, [K, C] per tensor, with their
    weights at each stride, [1, K, h, w], and the graph mixes what was prepared place by place.

    Attributes:
        likes: what was prepared of a style, by key, in the order of the sites.
        maps: whether the styles' weights are maps.
        strides: of the sites, for the weights.
        large: whether it is for large pictures, whose moments are measured in another way
            (:func:`stylemix.ops.is_large`).
    """

    likes: dict[str, Any]
    maps: bool
    strides: tuple[int, ...] = ()
    large: bool = False

    @classmethod
    def of(cls, generator: Generator, mix: StyleMix, *, large: bool = False) -> Plan:
        """Return the plan for a mixture.

        Args:
            generator: of the graph.
            mix: the mixture, or one of its kind.
            large: whether the pictures are.

        Raises:
            Unsupported: an injection is not affine in what it prepared, or its map can't vary from
                place to place.
        """
        found = dict(attached(generator))
        for key, injection in found.items():
            if not injection.affine:
                raise Unsupported(f"{type(injection).__name__} at {key} isn't declared affine")
        likes = {key: mix.styles[0].prepared[key] for key in found}
        moments = (m for m in generator.modules() if isinstance(m, ContentMoments))
        large = large and any(m.stride for m in moments)
        if mix.uniform:
            return cls(likes, maps=False, large=large)
        if any(leaf.shape[2:] != (1, 1) for leaf in flatten(likes)):
            raise Unsupported("what an injection prepared isn't one number per channel")
        strides = tuple(sorted({i.site.stride for i in found.values()}))
        if any(generator.multiple_of % stride for stride in strides):
            raise Unsupported("a site's stride doesn't divide the generator's multiple_of")
        return cls(likes, maps=True, strides=strides, large=large)

    @property
    def name(self) -> str:
        """The kind of the graph, for file names."""
        return ("maps" if self.maps else "uniform") + ("-large" if self.large else "")

    def shapes(self) -> list[list[int]]:
        """Return the shape of each input behind picture and origin; -1 is any length."""
        leaves = flatten(self.likes)
        if not self.maps:
            return [[1, *leaf.shape[1:]] for leaf in leaves]
        return [[-1, leaf.shape[1]] for leaf in leaves] + [[1, -1, -1, -1] for _ in self.strides]

    def inputs(self, mix: StyleMix) -> list[Tensor]:
        """Return the tensors that a mixture of this plan's kind fills these inputs with."""
        each = [flatten({key: style.prepared[key] for key in self.likes}) for style in mix.styles]
        if self.maps:
            leaves = [torch.cat(leaf).flatten(1) for leaf in zip(*each, strict=True)]
            return leaves + self._weights(mix.weights)
        if len(each) == 1:  # its weight is one, as they sum to one
            return each[0]
        numbers = [weight.reshape(()) for weight in mix.weights]
        return [
            torch.stack([n * part for n, part in zip(numbers, leaf, strict=True)]).sum(0)
            for leaf in zip(*each, strict=True)
        ]

    def _weights(self, weights: Sequence[Tensor]) -> list[Tensor]:
        side = max((w.shape[-2:] for w in weights), key=lambda s: s[0] * s[1])
        stacked = torch.cat([w.float().expand(1, 1, *side) for w in weights], dim=1)
        # The maps of all strides are whole numbers of these pixels, as pictures are padded.
        return [F.avg_pool2d(stacked, s) if s > 1 else stacked for s in self.strides]
