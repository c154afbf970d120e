"""Encoded styles, and their mixture over a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.injections.base import Injection
from stylemix.types import Box


@dataclass(frozen=True)
class Style:
    """One encoded style (or a batch of them). Make it once, use it for every picture and tile.

    Attributes:
        prepared: what each site's injection made of the style, by ``"site/injection"``.
        fingerprint: of the stylizer that made it; another stylizer refuses it.
        painting: [3, h, w], what ``refine`` looks at; None for a batch.

    Example:
        >>> from PIL import Image
        >>> import stylemix
        >>> model = stylemix.load("film")
        >>> style = model.encode(Image.radial_gradient("L"))
        >>> style.fingerprint == model.fingerprint
        True
    """

    prepared: Mapping[str, Any]
    fingerprint: str
    painting: Tensor | None = None


@dataclass(frozen=True)
class StyleMix:
    """Styles and where each of them holds.

    ``y = sum_k W_k * injection(x, prepared_k)`` is the only formula behind mixing and strength. The
    weights sum to one at every pixel; a negative one extrapolates.

    Attributes:
        styles: K styles.
        weights: K tensors [B or 1, 1, H, W], or [B or 1, 1, 1, 1] where constant over the picture.
        origin: row and column of the whole picture, in pixels, where this mixture begins; tensors
            [] only in a captured training step.

    Example:
        >>> import torch
        >>> styles = (Style({}, ""), Style({}, ""))
        >>> StyleMix(styles, (torch.full((1, 1, 1, 1), 0.5),) * 2).uniform
        True
    """

    styles: tuple[Style, ...]
    weights: tuple[Tensor, ...]
    origin: tuple[int | Tensor, int | Tensor] = (0, 0)

    def __post_init__(self) -> None:
        if not self.styles:
            raise ConfigError("a mixture needs at least one style; give a painting")
        if len(self.styles) != len(self.weights):
            raise ConfigError(
                f"{len(self.styles)} styles need as many weights, got {len(self.weights)}"
            )

    @classmethod
    def single(cls, style: Style, origin: tuple[int | Tensor, int | Tensor] = (0, 0)) -> StyleMix:
        """Return the mixture that is one style everywhere."""
        return cls((style,), (torch.ones(1, 1, 1, 1, dtype=torch.float32),), origin)

    @property
    def uniform(self) -> bool:
        """Whether it is the same mixture at every place."""
        return len(self.styles) == 1 or all(w.shape[-2:] == (1, 1) for w in self.weights)

    def at(self, key: str, injection: Injection, x: Tensor) -> Tensor:
        """Apply the mixture to the features ``x`` [B, C, h, w] at one site."""
        if len(self.styles) == 1:
            # Its weight is one everywhere, as they sum to one.
            return injection(x, self.styles[0].prepared[key])
        if injection.affine and self.uniform:
            return injection(x, combine([s.prepared[key] for s in self.styles], self.weights))
        total: Tensor | None = None
        for style, weight in zip(self.styles, self.weights, strict=True):
            part = injection(x, style.prepared[key]) * _fit(weight, x)
            total = part if total is None else total + part
        assert total is not None
        return total

    def crop(self, box: Box) -> StyleMix:
        """Return the mixture of one tile of the picture."""
        rows, columns = box.slices()
        return StyleMix(
            self.styles,
            tuple(w if w.shape[-2:] == (1, 1) else w[:, :, rows, columns] for w in self.weights),
            (self.origin[0] + box.top, self.origin[1] + box.left),
        )


def combine(parts: Sequence[Any], weights: Sequence[Tensor]) -> Any:
    """Return the weighted sum of what was prepared of several styles, tensor by tensor.

    Args:
        parts: tensors [N or 1, ...], or equal structures of them.
        weights: [B or 1, 1, 1, 1] each; they sum to one.
    """
    first = parts[0]
    if isinstance(first, Mapping):
        return {k: combine([p[k] for p in parts], weights) for k in first}
    if isinstance(first, tuple | list):
        return type(first)(combine(each, weights) for each in zip(*parts, strict=True))
    total = None
    for part, weight in zip(parts, weights, strict=True):
        each = part * weight.to(part.device, part.dtype).view(-1, *[1] * (part.ndim - 1))
        total = each if total is None else total + each
    return total


def _fit(weight: Tensor, x: Tensor) -> Tensor:
    """Bring a weight map to the size of ``x`` by area averaging, which keeps sums at one."""
    weight = weight.to(x.device, x.dtype)
    if weight.shape[-2:] == (1, 1) or weight.shape[-2:] == x.shape[-2:]:
        return weight
    return F.interpolate(weight, size=x.shape[-2:], mode="area")
