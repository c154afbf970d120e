"""What a style encoder implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from torch import Tensor, nn

from stylemix.backbones.weights_file import fill, load_weights
from stylemix.errors import ConfigError, WeightsError
from stylemix.types import StyleCode


def holds_whole(weights: str | Path) -> bool:
    """Return whether a file holds a whole encoder, not its trunk alone, by its tensors' names.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    return any(name.startswith("trunk.") for name in load_weights(weights))


class StyleEncoder(nn.Module, ABC):
    """A network that turns a painting into a style code.

    Attributes:
        channels: what the code holds and how many channels each has; ``"embedding"`` and
            ``"palette"`` are vectors, every other name a map, from fine to coarse.
        whole: whether every weight comes from one file, as :meth:`load_whole` reads it; there is
            nothing left to calibrate then.
        any_painting: whether any picture can be encoded; otherwise only those that :attr:`styles`
            names, and the photograph isn't a style of its own.
        styles: names of the styles that are known by name; empty for most encoders.

    Example:
        >>> import torch
        >>> from stylemix.encoders import ThinEncoder
        >>> code = ThinEncoder(dim=8)(torch.rand(2, 3, 32, 32))
        >>> code["embedding"].shape
        torch.Size([2, 8])
    """

    any_painting: ClassVar[bool] = True

    channels: Mapping[str, int]
    whole: bool = False
    styles: tuple[str, ...] = ()

    @abstractmethod
    def forward(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]; returns everything that ``channels`` names."""

    def initialize(self, weights: str | Path | None = None) -> None:
        """Load pre-trained weights before a training.

        Args:
            weights: a file of the whole encoder, as ``stylemix pretrain-encoder`` writes it; an
                encoder may know further kinds of files. None takes the encoder's usual weights,
                if it has any.

        Raises:
            WeightsError: the file is missing or damaged, or doesn't fit.
        """
        if weights is not None:
            self.load_whole(weights)

    def load_whole(self, weights: str | Path) -> None:
        """Read every weight from a safetensors file with the names of ``state_dict()``.

        Raises:
            WeightsError: the file is missing or damaged, lacks a tensor, has one too many, or has
                one of another shape.
        """
        fill(
            self,
            load_weights(weights),
            lambda problem: WeightsError(
                f"{weights} does not hold an encoder such as this {type(self).__name__}: "
                f"{problem}; build the encoder with the options that it was pre-trained with, or "
                "train it again"
            ),
        )
        self.whole = True

    def calibrate(self, images: Tensor) -> None:
        """Measure what has to be known of typical paintings [N, 3, H, W] before a training.

        Changes nothing where :attr:`whole` is set.
        """

    def rows(self, indices: Tensor) -> StyleCode:
        """Return the code of the styles that :attr:`styles` has at ``indices``, int64 [N].

        Raises:
            ConfigError: the encoder knows no styles by name.
        """
        raise ConfigError(f"{type(self).__name__} knows no styles by name; give paintings")

    def remember(self, paintings: Sequence[Tensor]) -> None:
        """Learn before a training what the painting of each of :attr:`styles` looks like.

        Args:
            paintings: [3, H, W] in [0, 1], one a name.
        """

    def statistics(self, image: Tensor) -> Tensor | None:
        """Measure what the code's vectors are computed from and no training changes.

        A trainer that knows it for every painting need not look at them again.

        Args:
            image: [N, 3, H, W] in [0, 1].

        Returns:
            [N, S], to be given to :meth:`embed`; None when the whole encoder learns.
        """
        return None

    def embed(self, statistics: Tensor) -> StyleCode:
        """Turn what :meth:`statistics` gave, [N, S], into a code that holds its vectors only.

        Raises:
            ConfigError: the encoder keeps no statistics.
        """
        raise ConfigError(
            f"{type(self).__name__} keeps no statistics of paintings; encode the "
            "pictures themselves"
        )
