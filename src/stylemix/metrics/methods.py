"""What is evaluated: a callable from a photograph and a painting to a picture."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from stylemix.injections.style import Style
from stylemix.stylizers import Options, Stylizer

Method: TypeAlias = Callable[[Image.Image, Image.Image], Image.Image]
"""From a photograph and a painting to a picture of the photograph's size.

Numbers in its attribute ``facts``, where it has one, go into the report's summary.
"""

DEFAULTS = Options()
_KEPT = 512


class StylizerMethod:
    """A stylizer as a method; each painting is encoded once.

    Attributes:
        facts: ``parameters``, and ``file_bytes`` where the model's folder was given.
        any_painting: whether any picture can be its style, the photograph too.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        options: Options = DEFAULTS,
        folder: str | Path | None = None,
    ) -> None:
        self.stylizer = stylizer
        self.options = options
        self.any_painting: bool = getattr(getattr(stylizer, "encoder", None), "any_painting", True)
        self.facts: dict[str, float] = {
            "parameters": sum(p.numel() for p in stylizer.parameters()),
        }
        if folder is not None:
            self.facts["file_bytes"] = sum(
                f.stat().st_size for f in Path(folder).glob("*.safetensors")
            )
        # The painting is kept beside its style: its id stays its own as long as it lives.
        self._styles: OrderedDict[int, tuple[Image.Image, Style]] = OrderedDict()

    def __call__(self, content: Image.Image, style: Image.Image) -> Image.Image:
        """Stylise one photograph."""
        return self.at(self.options.strength, content, style)

    def at(self, strength: float, content: Image.Image, style: Image.Image) -> Image.Image:
        """Stylise one photograph at another strength."""
        if id(style) not in self._styles:
            self._styles[id(style)] = (style, self.stylizer.encode(style))
            if len(self._styles) > _KEPT:
                self._styles.popitem(last=False)
        encoded = self._styles[id(style)][1]
        return self.stylizer.stylize(content, encoded, replace(self.options, strength=strength))


def stylizer_method(
    stylizer: Stylizer, options: Options = DEFAULTS, folder: str | Path | None = None
) -> StylizerMethod:
    """Make a method of a stylizer.

    Args:
        stylizer: what :func:`stylemix.load` gave.
        options: of every call, those of :func:`stylemix.stylize`.
        folder: the checkpoint's folder, for its file size in the report.
    """
    return StylizerMethod(stylizer, options, folder)
