"""A model's two graphs, from pictures to pictures of any size, as modules to be traced."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.generators import Generator
from stylemix.injections.style import Style, StyleMix
from stylemix.runtime.plan import attached
from stylemix.stylizers import FeedForward, Stylizer
from stylemix.types import VECTORS


class StyleGraph(nn.Module):
    """``forward(style)``: paintings [N, 3, h, w] in [0, 1] to their codes [N, D]."""

    def __init__(self, model: FeedForward) -> None:
        super().__init__()
        self.encoder = model.encoder
        self.names = codes(model)

    def forward(self, style: Tensor) -> tuple[Tensor, ...]:
        """Return the codes in the order of ``names``."""
        found = self.encoder(style)
        return tuple(found[name] for name in self.names)


class GeneratorGraph(nn.Module):
    """``forward(content, *codes)``: the picture, margin and padding and all.

    What the host does around a generator (:func:`stylemix.generators.mirror`,
    :func:`stylemix.generators.pad_to_multiple`) is a lookup of rows and columns here, whose
    numbers are computed in the graph, so that any height and width will do.
    """

    def __init__(self, model: FeedForward) -> None:
        super().__init__()
        self.generator: Generator = model.generator
        self.names = codes(model)

    def forward(self, content: Tensor, *vectors: Tensor) -> Tensor:
        """Return the picture [B, 3, H, W] in [0, 1].

        Args:
            content: [B, 3, H, W] in [0, 1].
            vectors: codes [B, D], in the order of ``names``.
        """
        code = dict(zip(self.names, vectors, strict=True))
        mix = StyleMix.single(Style(self._prepared(code), ""))
        margin = self.generator.margin
        height, width = content.shape[2], content.shape[3]
        around = content.index_select(2, self._places(height))
        around = around.index_select(3, self._places(width))
        out = self.generator(around, mix)
        return out[:, :, margin : margin + height, margin : margin + width]

    def _prepared(self, code: Mapping[str, Tensor]) -> dict[str, object]:
        return {
            key: injection.prepare({name: code[name] for name in injection.needs})
            for key, injection in attached(self.generator)
        }

    def _places(self, size: int | Tensor) -> Tensor:
        """Return which row (or column) lies at each place of the padded picture."""
        margin, multiple = self.generator.margin, self.generator.multiple_of
        size = torch.as_tensor(size)
        wide = (size + 2 * margin).clamp_min(self.generator.minimum_size)
        padded = torch.div(wide + multiple - 1, multiple, rounding_mode="floor") * multiple
        # Padding repeats the last place of the margin.
        place: Tensor = torch.arange(padded)  # type: ignore[call-overload]
        place = place.minimum(size + 2 * margin - 1) - margin
        period = (2 * (size - 1)).clamp_min(1)
        place = place.remainder(period)
        return place.minimum(period - place).minimum(size - 1)


def codes(model: FeedForward) -> tuple[str, ...]:
    """Return the names of the vectors that a model's generator reads."""
    return tuple(name for name in VECTORS if name in model.needs)


def check_exportable(model: Stylizer) -> FeedForward:
    """Return the model, if its generator reads nothing of a painting but vectors.

    Raises:
        ConfigError: it can't be exported.
    """
    what = "only models that draw in one pass from a painting's code can be exported, such as film"
    if not isinstance(model, FeedForward):
        raise ConfigError(f"this method optimizes its picture; {what}")
    if model.dtype != torch.float32:
        kind = str(model.dtype).removeprefix("torch.")
        raise ConfigError(f"exported files compute in float32, this model in {kind}; use .float()")
    other = sorted(model.needs - set(VECTORS))
    if other:
        raise ConfigError(f"this model looks at a painting's feature maps ({other[0]}); {what}")
    if model.needs and not model.encoder.any_painting:
        raise ConfigError(f"this model knows its styles by name; {what}")
    for key, injection in attached(model.generator):
        if not injection.affine:
            raise ConfigError(
                f"the injection at {key} isn't declared affine, so mixing codes "
                f"would not mix styles; {what}"
            )
    return model
