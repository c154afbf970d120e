"""What a stylizer is, and the one path from a photograph to its picture."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import torch
from PIL import Image
from torch import Tensor, nn

from stylemix.errors import ConfigError, memory_limit
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.ops.defaults import drawing
from stylemix.ops.placement import place
from stylemix.plugins import check, check_table, registry
from stylemix.plugins.schema import keys_of
from stylemix.runtime import check_runtime
from stylemix.stylizers.evaluating import Evaluating
from stylemix.stylizers.options import Options
from stylemix.stylizers.progress import before_steps
from stylemix.stylizers.refining import (
    REFINE_FEATURES,
    cached_extractor,
    painting_of,
    read_painting,
    recolored,
    refine,
)
from stylemix.stylizers.request import Request, listed, read_request
from stylemix.stylizers.scaling import draw_at_scale
from stylemix.types import Progress

Own = TypeVar("Own", bound="Stylizer")


class Stylizer(nn.Module, ABC):
    """Turns a photograph and paintings into a picture.

    :meth:`stylize` is the whole path; a subclass gives :meth:`encode` and :meth:`draw`, and sets
    ``config``. Its configuration's keys are the parameters of its ``__init__``.

    Attributes:
        config: exactly what the stylizer was built from; JSON in, JSON out.
        trained: whether it is nothing without trained weights. One that is not works by its
            registered name alone, and is listed among the models as a method.
        optimizes: whether :meth:`draw` is an optimization itself, whose number of steps the option
            ``refine`` sets.
        needs_style: whether it needs a painting; one that doesn't draws in a style of its own,
            whatever painting it is given.
        styles: names of the styles that can be given in place of paintings.
        runtime: where a network's pass runs, one of :data:`stylemix.runtime.RUNTIMES`.

    Example:
        >>> import stylemix
        >>> isinstance(stylemix.load("gatys"), Stylizer)
        True
    """

    config: dict[str, Any]
    trained: ClassVar[bool] = True
    optimizes: ClassVar[bool] = False
    needs_style: bool = True
    styles: tuple[str, ...] = ()
    runtime: str = "torch"

    def __init__(self) -> None:
        super().__init__()
        self._evaluating = Evaluating()

    @torch.no_grad()
    def stylize(
        self,
        content: Picture,
        style: Picture | Style | Sequence[Picture | Style] | None = None,
        options: Options | None = None,
        *,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Image.Image:
        """Stylize one photograph.

        Args:
            content: as in :func:`stylemix.stylize`, like everything else here.
            style: one painting or several, or encoded styles.
            options: what else to ask for.
            progress: is told how far the work has come.
            changes: options by name, such as ``strength=0.5``; they go before those in
                ``options``.
        """
        options = replace(options or Options(), **changes)
        given = listed(style) or ([] if self.needs_style else [self.own_style()])
        steps = 0 if self.optimizes else options.refine
        if self.device.type == "meta":
            raise ConfigError('the model is on the device "meta", which holds no weights; load it')
        with memory_limit(), drawing(), self._evaluating.of(self):
            request = read_request(content, len(given), options, progress)
            # Before the work: weights that are missing are no surprise at its end.
            features = options.refine_features or REFINE_FEATURES
            extractor = cached_extractor(features, self.device) if steps else None
            styles = self.match_colors([self._encoded(s) for s in given], request)
            if request.empty:
                return request.to_image(request.content.pixels)

            def first(wanted: Request) -> Tensor:
                if extractor is None:
                    return self.draw(wanted, styles)
                before = before_steps(wanted.progress, steps)
                drawn = self.draw(replace(wanted, progress=before), styles)
                return refine(wanted, drawn, styles, extractor)

            if options.scale is None:
                return request.to_image(first(request))
            again = None if self.optimizes else lambda wanted: self.draw(wanted, styles)
            return request.to_image(draw_at_scale(request, options.scale, first, again))

    @abstractmethod
    def encode(self, style: Picture) -> Style:
        """Encode one painting; keep the result to use it for many photographs.

        Args:
            style: the painting, or one of the names in :attr:`styles`.

        Raises:
            PictureError: the painting can't be read or used.
            UnknownNameError: the model has no style of that name.
        """

    @abstractmethod
    def draw(self, request: Request, styles: Sequence[Style]) -> Tensor:
        """Draw the photograph in the styles.

        Args:
            request: the photograph, the weight of each style and of the photograph at every pixel,
                and the options. At least one style holds somewhere. ``request.report`` tells how
                far the work has come.
            styles: encoded, in the colors that were asked for.

        Returns:
            [3, H, W] of the photograph's size, uint8 or float in [0, 1].
        """

    def match_colors(self, styles: Sequence[Style], request: Request) -> list[Style]:
        """Return the styles in the colors that were asked for.

        With a palette, each painting is brought into its colors (:func:`recolored`) and encoded
        again.

        Raises:
            ConfigError: a style, or the palette, keeps no painting.
        """
        palette = request.options.palette
        if palette is None:
            return list(styles)
        colors = painting_of(palette) if isinstance(palette, Style) else read_painting(palette)
        return [self.encode(recolored(painting_of(style), colors)) for style in styles]

    def own_style(self) -> Style:
        """Return the style of a model that draws in one of its own, in place of a painting's.

        Raises:
            ConfigError: it has none, for it :attr:`needs_style`.
        """
        raise ConfigError("this model has no style of its own; give it a painting")

    @property
    def fingerprint(self) -> str:
        """Tells models apart: a style of another fingerprint is refused; empty takes any style."""
        return ""

    def using(self, runtime: str) -> Stylizer:
        """Return this stylizer drawing in another runtime; the weights are the same ones.

        Raises:
            ConfigError: there is no such runtime, or it can't be had here.
        """
        if check_runtime(runtime, self.device).startswith("openvino"):
            raise ConfigError(
                f'runtime="{runtime}" is for models that draw in one pass; this one optimizes its '
                'picture in PyTorch: leave runtime out, or give runtime="torch"'
            )
        return self

    @property
    def device(self) -> torch.device:
        """Where the weights are; the CPU for a stylizer without any."""
        tensors = itertools.chain(self.parameters(), self.buffers())
        return next((t.device for t in tensors), torch.device("cpu"))

    @property
    def dtype(self) -> torch.dtype:
        """The type that the model computes in, that of its weights; float32 without any."""
        tensors = itertools.chain(self.parameters(), self.buffers())
        return next((t.dtype for t in tensors if t.is_floating_point()), torch.float32)

    @classmethod
    def config_keys(cls) -> tuple[str, ...]:
        """Return the keys of the configuration beside ``"stylizer"``: parameters of the class."""
        return tuple(keys_of(cls))

    @classmethod
    def from_config(cls: type[Own], config: dict[str, Any]) -> Own:
        """Build a stylizer with fresh weights from its configuration.

        Every key but ``"stylizer"`` is a keyword-only parameter of ``__init__``, whose annotation
        says what it may be.

        Raises:
            ConfigError: a key is unknown or missing, or a value is wrong.
            UnknownNameError: a component's name is unknown.
        """
        options = {key: value for key, value in config.items() if key != "stylizer"}
        return cls(**check_table(cls, options, ""))

    def _encoded(self, style: Picture | Style) -> Style:
        """Encode a painting, or check what is encoded already."""
        if not isinstance(style, Style):
            return self.encode(style)
        own = self.fingerprint  # a walk over all weights, each time
        if own and style.fingerprint != own:
            raise ConfigError(
                "this style was encoded by another model; encode the painting again with "
                "model.encode(painting)"
            )
        return replace(style, prepared=_on(self.device, style.prepared))


def _on(device: torch.device, prepared: Any) -> Any:
    """Return tensors, or structures of them, on a device."""
    if isinstance(prepared, Tensor):
        return prepared.to(device)
    if isinstance(prepared, Mapping):
        return {key: _on(device, value) for key, value in prepared.items()}
    return type(prepared)(_on(device, value) for value in prepared)


def build(config: dict[str, Any]) -> Stylizer:
    """Build a stylizer of the kind that ``config["stylizer"]`` names, with fresh weights.

    Raises:
        ConfigError: the configuration is no mapping, or a value in it is wrong.
        UnknownNameError: a component's name is unknown.
    """
    if not isinstance(config, dict):
        raise ConfigError(f"a model's configuration must be a mapping, got {type(config).__name__}")
    kind = registry("stylizers").get(check(config.get("stylizer", "feed_forward"), str, "stylizer"))
    return place(kind.from_config(config), "cpu")
