"""What a stylizer is: pictures in, picture out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import nn

from stylemix.errors import ConfigError
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.ops.placement import place
from stylemix.plugins import registry
from stylemix.runtime import check_runtime

Progress = Callable[..., object]
"""Called with the steps done and their total. A function with a third parameter (required, or named
``picture``) is also given the picture so far, a PIL image: the photograph until an optimisation
begins. An exception that it raises stops the work."""


class Stylizer(nn.Module):
    """Turns a photograph and paintings into a picture.

    Attributes:
        config: exactly what the stylizer was built from; JSON in, JSON out.
        trained: whether it is nothing without trained weights. One that is not works by its
            registered name alone, and is listed among the models as a method.
        needs_style: whether it needs a painting; one that doesn't draws in a style of its own,
            whatever painting it is given.
        styles: names of the styles that can be given in place of paintings.
        runtime: where a network's pass runs, one of :data:`stylemix.runtime.RUNTIMES`.
    """

    config: dict[str, Any]
    trained: ClassVar[bool] = True
    needs_style: bool = True
    styles: tuple[str, ...] = ()
    runtime: str = "torch"

    @classmethod
    @abstractmethod
    def from_config(cls, config: dict[str, Any]) -> Stylizer:
        """Build a stylizer with fresh weights from its configuration.

        Raises:
            ConfigError: a key or value is wrong.
            UnknownNameError: a component's name is unknown.
        """

    @abstractmethod
    def encode(self, style: Picture) -> Style:
        """Encode one painting; keep the result to use it for many photographs.

        Args:
            style: the painting, or one of the names in :attr:`styles`.

        Raises:
            PictureError: the painting can't be read or used.
            UnknownNameError: the model has no style of that name.
        """

    def own_style(self) -> Style:
        """Give the style of a model that draws in one of its own, where a painting's would stand.

        Raises:
            ConfigError: it has none, for it :attr:`needs_style`.
        """
        raise ConfigError("this model has no style of its own; give it a painting")

    @abstractmethod
    def stylize(
        self,
        content: Picture,
        style: Picture | Style | Sequence[Picture | Style] | None = None,
        *,
        strength: float = 1.0,
        weights: Sequence[float] | None = None,
        masks: Sequence[Picture] | None = None,
        preserve_color: bool = False,
        palette: Picture | Style | None = None,
        size: int | None = None,
        tile: int | None = None,
        refine: int = 0,
        refine_features: str | None = None,
        progress: Progress | None = None,
    ) -> Image.Image:
        """Stylise one photograph; see :func:`stylemix.stylize`."""

    def using(self, runtime: str) -> Stylizer:
        """Return this stylizer drawing in another runtime; the weights are the same ones.

        Raises:
            ConfigError: there is no such runtime, or it can't be had here.
        """
        if check_runtime(runtime, self.device) == "openvino":
            raise ConfigError(
                'runtime="openvino" is for models that draw in one pass; this one optimises its '
                'picture in PyTorch: leave runtime out, or give runtime="torch"'
            )
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


def build(config: dict[str, Any]) -> Stylizer:
    """Build a stylizer of the kind that ``config["stylizer"]`` names, with fresh weights.

    Raises:
        ConfigError: the configuration is no mapping, or a value in it is wrong.
        UnknownNameError: a component's name is unknown.
    """
    if not isinstance(config, dict):
        raise ConfigError(f"a model's configuration must be a mapping, got {type(config).__name__}")
    kind = registry("stylizers").get(config.get("stylizer", "feed_forward"))
    return place(kind.from_config(config), "cpu")
