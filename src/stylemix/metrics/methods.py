"""What is evaluated: a callable from a photograph and a painting to a picture."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from stylemix.injections.style import Style
from stylemix.stylizers import Stylizer

Method: TypeAlias = Callable[[Image.Image, Image.Image], Image.Image]
"""From a photograph and a painting to a picture of the photograph's size.

Numbers in its attribute ``facts``, where it has one, go into the report's summary.
"""

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
        strength: float = 1.0,
        folder: str | Path | None = None,
        scale: float | None = None,
    ) -> None:
        self.stylizer = stylizer
        self.strength = strength
        self.scale = scale
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
        return self.at(self.strength, content, style)

    def at(self, strength: float, content: Image.Image, style: Image.Image) -> Image.Image:
        """Stylise one photograph at another strength."""
        if id(style) not in self._styles:
            self._styles[id(style)] = (style, self.stylizer.encode(style))
            if len(self._styles) > _KEPT:
                self._styles.popitem(last=False)
        encoded = self._styles[id(style)][1]
        return self.stylizer.stylize(content, encoded, strength=strength, scale=self.scale)


def stylizer_method(
    stylizer: Stylizer,
    strength: float = 1.0,
    folder: str | Path | None = None,
    scale: float | None = None,
) -> StylizerMethod:
    """Make a method of a stylizer.

    Args:
        stylizer: what :func:`stylemix.load` gave.
        strength: as in :func:`stylemix.stylize`.
        folder: the checkpoint's folder, for its file size in the report.
        scale: as in :func:`stylemix.stylize`.
    """
    return StylizerMethod(stylizer, strength, folder, scale)
