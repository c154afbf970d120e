"""The training objective: a named, weighted sum of loss terms over one feature network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from stylemix.errors import ConfigError, suggest
from stylemix.losses.base import LossTerm
from stylemix.plugins import at_least, registry
from stylemix.plugins.schema import Key, check_table

LOSS_PRESETS: dict[str, dict[str, dict[str, Any]]] = {
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
    # For the decoders of style swap and WCT, trained without any style (Li et al., 2017, eq. 1).
    "reconstruction": {
        "pixel": {"name": "pixel", "weight": 30.0, "always": True},
        "feature": {
            "name": "content",
            "weight": 1.0,
            "relative": True,
            "layers": ["relu1_2", "relu2_2", "relu3_3"],
        },
    },
    # For encoder and decoder around an exchange of statistics or attention (Huang and Belongie,
    # 2017, eq. 11, and the identity of Park and Lee, 2019, eq. 5).
    "moments": {
        "content": {"name": "content", "weight": 1.0, "layers": ["relu4_3"], "normalized": True},
        "style": {"name": "moments", "weight": 10.0, "relative": True},
        "identity": {"name": "pixel", "weight": 50.0},
    },
}


Targets = Mapping[str, "list[Tensor]"]
"""What the terms made of a batch of photographs and paintings, by label."""

LABEL = re.compile(r"[\w-]+( [\w-]+)*")
"""How a term's label looks: it is part of keys in files, where ``.``, ``/`` and ``@`` divide."""

WEIGHT = {"weight": Key(Annotated[float, at_least(0)], 1.0)}
"""What every term's spec may hold beside its options."""


def terms_of(preset: str, terms: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the specs of a preset's terms by label, with others added or laid over them.

    Args:
        preset: its name.
        terms: specs by label; one whose label the preset has adds to the preset's.

    Raises:
        ConfigError: there is no such preset.
    """
    if preset not in LOSS_PRESETS:
        raise ConfigError(
            f"losses.preset: no loss preset is named {preset!r}{suggest(preset, LOSS_PRESETS)} "
            f"(there are: {', '.join(LOSS_PRESETS)})"
        )
    own = LOSS_PRESETS[preset]
    return {label: {**own.get(label, {}), **terms.get(label, {})} for label in {**own, **terms}}


class Objective(nn.Module):
    """Every term's loss and their weighted sum.

    Args:
        terms: ``{label: {"name": registered loss, "weight": w, **options}}``, or a preset's name.
        features: the frozen network that terms look through, ``net(image, layers)``.

    Attributes:
        terms: by label.
        weights: of the terms, by label.

    Raises:
        ConfigError: there is no such preset or no term at all, or a label or a term's spec is
            wrong.
        UnknownNameError: no loss has a spec's name.
    """

    def __init__(self, terms: str | Mapping[str, Mapping[str, Any]], features: nn.Module) -> None:
        super().__init__()
        if isinstance(terms, str):
            terms = terms_of(terms, {})
        if not terms:
            raise ConfigError("an objective needs at least one loss term")
        self.features = features
        self.terms: dict[str, LossTerm] = {}
        self.weights: dict[str, float] = {}
        for label, spec in terms.items():
            if not LABEL.fullmatch(label):
                raise ConfigError(
                    f"losses.terms: a label is made of letters, digits, '_', '-' and single "
                    f"spaces, got {label!r}; rename the term"
                )
            path = f"losses.terms.{label}"
            kind = registry("losses").find(spec, path)
            given = {key: value for key, value in spec.items() if key != "name"}
            options = check_table(kind, given, path, beside=WEIGHT)
            self.weights[label] = float(options.pop("weight", 1.0))
            self.terms[label] = kind(**options)
        # Beside the labels: as names of modules some are taken, such as "type".
        self._modules_of_terms = nn.ModuleList(self.terms.values())

    def prepare(self, content: Tensor, style: Tensor) -> Targets:
        """Make every term's target.

        Args:
            content: photographs [B, 3, H, W] in [0, 1].
            style: paintings [N, 3, h, w] in [0, 1]; N divides B, and each serves B / N photographs
                in a row.
        """
        return {**self.prepare_one("content", content), **self.prepare_one("style", style)}

    @torch.no_grad()
    def prepare_one(
        self, source: str, image: Tensor, network_input: Tensor | None = None
    ) -> Targets:
        """Make the targets of the terms that look at one source.

        Args:
            source: "content" or "style".
            image: the pictures.
            network_input: what the feature network sees instead of them.
        """
        seen = self._extract(image, source, network_input)
        return {
            _key(label, term, source): term.prepare(seen)
            for label, term in self.terms.items()
            if term.source in (source, "both")
        }

    def forward(
        self,
        output: Tensor,
        targets: Targets,
        identity: Tensor | None = None,
        network_input: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return each term's unweighted loss, averaged over the batch.

        Args:
            output: [B, 3, H, W] in [0, 1].
            targets: what :meth:`prepare` gave.
            identity: [B] in [0, 1], how much of a sample's style is its own content, or None for
                nothing. Where it is 1 the terms for identity pairs count, and nowhere else. The
                terms that look at paintings count (1 - identity)^2: nothing there, and a
                quarter where painting and photograph have half each.
            network_input: what the feature network sees instead of ``output``.
        """
        seen = self._extract(output, None, network_input)
        parts: dict[str, Tensor] = {}
        for label, term in self.terms.items():
            sources = ("content", "style") if term.source == "both" else (term.source,)
            each = term(
                seen, [t for source in sources for t in targets.get(_key(label, term, source), [])]
            )
            if term.identity_only:
                each = each * ((identity == 1).to(each.dtype) if identity is not None else 0.0)
            elif term.source in ("style", "both") and identity is not None:
                each = each * (1 - identity).square()
            parts[label] = each.mean()
        return parts

    def total(
        self, parts: Mapping[str, Tensor], weights: Mapping[str, float] | None = None
    ) -> Tensor:
        """Return the weighted sum; ``weights`` replaces some of the terms' own."""
        used = {**self.weights, **(weights or {})}
        return torch.stack([used[label] * value for label, value in parts.items()]).sum()

    def _extract(
        self, image: Tensor, source: str | None, network_input: Tensor | None
    ) -> dict[str, Tensor]:
        layers = {
            layer
            for _, term in self.terms.items()
            for layer in term.layers
            if source is None or term.source in (source, "both")
        }
        # Sorted, since torch.compile of torch 2.11 fails on sets among arguments.
        seen = image if network_input is None else network_input
        found = self.features(seen, sorted(layers)) if layers else {}
        return {"image": image, **found}


def _key(label: str, term: LossTerm, source: str | None) -> str:
    """Return the name under which a term's target is kept."""
    return f"{label}@{source}" if term.source == "both" else label
