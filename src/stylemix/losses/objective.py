"""The training objective: a named, weighted sum of loss terms over one feature network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylemix.errors import ConfigError
from stylemix.plugins import registry

PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    # Weights of the paper (and of Johnson et al.); they balance at VGG-16's Caffe scale, with
    # Gram / (C H W) and total variation summed over pixels on 0-255.
    "paper": {
        "content": {"name": "content", "weight": 1.0},
        "style": {"name": "gram", "weight": 5.0},
        "tv": {"name": "tv", "weight": 1e-5, "summed": True},
    },
    "balanced": {
        "content": {"name": "content", "weight": 1.0, "relative": True},
        "style": {"name": "gram", "weight": 4.0, "balanced": True},
        "tv": {"name": "tv", "weight": 0.5},
        "identity": {"name": "pixel", "weight": 20.0},
    },
}


@dataclass(frozen=True)
class Targets:
    """What the terms made of a batch of photographs and paintings."""

    by_term: Mapping[str, Any]


class Objective(nn.Module):
    """Every term's loss and their weighted sum.

    Args:
        terms: ``{label: {"name": registered loss, "weight": w, **options}}``, or a preset's name.
        features: the frozen network that terms look through, ``net(image, layers)``.
    """

    def __init__(self, terms: str | Mapping[str, Mapping[str, Any]], features: nn.Module) -> None:
        super().__init__()
        if isinstance(terms, str):
            if terms not in PRESETS:
                raise ConfigError(f"no loss preset is named {terms!r} "
                                  f"(there are: {', '.join(PRESETS)})")
            terms = PRESETS[terms]
        if not terms:
            raise ConfigError("an objective needs at least one loss term")
        self.features = features
        self.terms = nn.ModuleDict()
        self.weights: dict[str, float] = {}
        for label, spec in terms.items():
            options = dict(spec)
            weight = options.pop("weight", 1.0)
            if isinstance(weight, bool) or not isinstance(weight, int | float) or not weight >= 0:
                raise ConfigError(f"losses.{label}.weight must be a number >= 0, got {weight!r}")
            self.terms[label] = registry("losses").build(options)
            self.weights[label] = float(weight)

    @torch.no_grad()
    def prepare(self, content: Tensor, style: Tensor) -> Targets:
        """Make every term's target.

        Args:
            content: photographs [B, 3, H, W] in [0, 1].
            style: paintings [N, 3, h, w] in [0, 1]; N divides B, and each serves B / N photographs
                in a row.
        """
        seen = {"content": self._look(content, "content"), "style": self._look(style, "style")}
        return Targets({
            label: term.prepare(seen[term.source]) if term.source else None
            for label, term in self.terms.items()
        })

    def forward(
        self, output: Tensor, targets: Targets, identity: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Give each term's unweighted loss, averaged over the batch.

        Args:
            output: [B, 3, H, W] in [0, 1].
            targets: what :meth:`prepare` gave.
            identity: [B], 1 where a sample's style is its own content; None means nowhere.
        """
        seen = self._look(output, None)
        parts: dict[str, Tensor] = {}
        for label, term in self.terms.items():
            each = term(seen, targets.by_term[label])
            if term.identity_only:
                each = each * (identity if identity is not None else 0.0)
            parts[label] = each.mean()
        return parts

    def total(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Give the weighted sum."""
        return sum((self.weights[k] * v for k, v in parts.items()), start=torch.zeros(()).to(
            next(iter(parts.values()))))

    def _look(self, image: Tensor, source: str | None) -> dict[str, Tensor]:
        layers = {
            layer for term in self.terms.values() for layer in term.layers
            if source is None or term.source == source
        }
        found = self.features(image, layers) if layers else {}
        return {"image": image, **found}
