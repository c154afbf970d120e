"""What an encoder's pre-training is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylemix.training.run_config import (
    HardwareConfig,
    OptimizerConfig,
    ScheduleConfig,
    WeightsFileConfig,
    need,
    under,
)

POSITIVES = ("painting", "style")
RATE = 3e-4
"""Default of ``optimizer.lr``."""


@dataclass(frozen=True)
class PaintingsConfig:
    """Which paintings, and how crops are cut from them.

    Attributes:
        style: folders, tar shards or glob patterns; the folder that a painting lies in is its
            label.
        side: every painting gets this short side in pixels, so that its size is no cue. Take one
            that no painting has to be enlarged to.
        crop: side of the crops in pixels.
        zoom: a crop covers ``crop`` to ``zoom * crop`` pixels of the painting, shrunk to ``crop``.
        held_out: share of each style's paintings that is kept back to measure on.
        smallest_style: styles with fewer paintings are left out.
        limit: paintings read, spread evenly over all; 0 for all of them.
    """

    style: tuple[str, ...] = ()
    side: int = 224
    crop: int = 128
    zoom: float = 1.75
    held_out: float = 0.1
    smallest_style: int = 20
    limit: int = 0


@dataclass(frozen=True)
class TermsConfig:
    """The objective, a weighted sum of two terms; see :mod:`stylemix.training.encoder.contrast`.

    Attributes:
        cross_entropy: weight of the classification of styles by a linear layer.
        contrastive: weight of the supervised InfoNCE.
        temperature: of the InfoNCE.
        positives: which crops belong together in it, those of one ``"painting"`` or all of one
            ``"style"``.
    """

    cross_entropy: float = 1.0
    contrastive: float = 0.5
    temperature: float = 0.1
    positives: str = "painting"


@dataclass(frozen=True)
class PretrainConfig(WeightsFileConfig):
    """Everything about a pre-training.

    Attributes:
        output: file of the encoder's weights, ``*.safetensors``. The report lies beside it as
            ``*.json``, the state to resume from as ``*.state.safetensors``.
        encoder: a registered encoder's name, or a table of its ``name`` and options.
        encoder_weights: file of the weights to start from; empty takes the encoder's usual ones.
        seed: of everything random.
        batch: paintings a step.
        crops: of each painting in a step.
    """

    EXAMPLE = "encoder.safetensors"

    output: str
    encoder: str | Mapping[str, Any] = "inception"
    encoder_weights: str = ""
    seed: int = 0
    batch: int = 32
    crops: int = 2
    data: PaintingsConfig = field(default_factory=PaintingsConfig)
    losses: TermsConfig = field(default_factory=TermsConfig)
    optimizer: OptimizerConfig = field(default_factory=lambda: OptimizerConfig(lr=RATE))
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=2000))
    runtime: HardwareConfig = field(default_factory=HardwareConfig)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path | None = None) -> PretrainConfig:
        """Make a configuration from nested mappings; see :meth:`RunConfig.from_table`."""
        optimizer = table.get("optimizer", {})
        if isinstance(optimizer, Mapping):
            table = {**table, "optimizer": {"lr": RATE, **optimizer}}
        return super().from_table(table, base)

    @property
    def encoder_spec(self) -> dict[str, Any]:
        """Give the encoder as a table of its name and options."""
        return {"name": self.encoder} if isinstance(self.encoder, str) else dict(self.encoder)

    def anchored(self, base: Path) -> PretrainConfig:
        """Give the same with paths below ``base`` where they are relative."""
        at = functools.partial(under, base)
        data = dataclasses.replace(self.data, style=tuple(map(at, self.data.style)))
        return dataclasses.replace(
            self, output=at(self.output), data=data, encoder_weights=at(self.encoder_weights)
        )

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        super().check()
        data, losses = self.data, self.losses
        need(self.batch >= 2, f"batch must be at least 2 paintings, got {self.batch}")
        need(self.crops >= 1, f"crops must be at least 1, got {self.crops}")
        need(data.side >= 16, f"data.side must be at least 16 pixels, got {data.side}")
        need(
            16 <= data.crop <= data.side,
            f"data.crop must be from 16 to data.side = {data.side} pixels, got {data.crop}",
        )
        need(data.zoom >= 1, f"data.zoom must be at least 1, got {data.zoom}")
        need(0 < data.held_out <= 0.5, f"data.held_out must be in (0, 0.5], got {data.held_out}")
        need(
            data.smallest_style >= 2,
            "data.smallest_style must be at least 2, one painting to train on and one held out",
        )
        need(data.limit >= 0, f"data.limit must be >= 0, got {data.limit}")
        need(
            min(losses.cross_entropy, losses.contrastive) >= 0
            and losses.cross_entropy + losses.contrastive > 0,
            "losses: cross_entropy and contrastive must be >= 0, and one of them above 0",
        )
        need(
            losses.temperature > 0, f"losses.temperature must be above 0, got {losses.temperature}"
        )
        need(
            losses.positives in POSITIVES,
            f"losses.positives must be one of {', '.join(POSITIVES)}, got {losses.positives!r}",
        )
        need(
            self.crops >= 2 or not losses.contrastive or losses.positives == "style",
            "the contrastive term needs crops = 2 or more of a painting; raise crops, or set "
            "losses.contrastive = 0",
        )
