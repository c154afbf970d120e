"""What a graph takes in: which tensors, of which shapes, and how a mixture fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
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

    What was prepared of a mixture's styles is mixed before the graph and comes in as one style.

    Attributes:
        likes: what was prepared of a style, by key, in the order of the sites.
        large: whether it is for large pictures, whose moments are measured in another way
            (:func:`stylemix.ops.is_large`).
    """

    likes: dict[str, Any]
    large: bool = False

    @classmethod
    def of(cls, generator: Generator, mix: StyleMix, *, large: bool = False) -> Plan:
        """Return the plan for a mixture.

        Args:
            generator: of the graph.
            mix: the mixture, or one of its kind.
            large: whether the pictures are.

        Raises:
            Unsupported: an injection is not affine in what it prepared, or the mixture isn't the
                same at all places.
        """
        if not mix.uniform:
            raise Unsupported("the styles' weights vary from place to place")
        found = dict(attached(generator))
        for key, injection in found.items():
            if not injection.affine:
                raise Unsupported(f"{type(injection).__name__} at {key} isn't declared affine")
        likes = {key: mix.styles[0].prepared[key] for key in found}
        moments = (m for m in generator.modules() if isinstance(m, ContentMoments))
        large = large and any(m.stride for m in moments)
        return cls(likes, large)

    @property
    def name(self) -> str:
        """The kind of the graph, for file names."""
        return "large" if self.large else "small"

    def shapes(self) -> list[list[int]]:
        """Return the shape of each input behind picture and origin."""
        return [[1, *leaf.shape[1:]] for leaf in flatten(self.likes)]

    def inputs(self, mix: StyleMix) -> list[Tensor]:
        """Return the tensors that a mixture of this plan's kind fills these inputs with."""
        each = [flatten({key: style.prepared[key] for key in self.likes}) for style in mix.styles]
        if len(each) == 1:  # its weight is one, as they sum to one
            return each[0]
        numbers = [weight.reshape(()) for weight in mix.weights]
        return [
            torch.stack([n * part for n, part in zip(numbers, leaf, strict=True)]).sum(0)
            for leaf in zip(*each, strict=True)
        ]
