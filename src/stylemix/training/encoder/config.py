"""What an encoder's pre-training is told: a TOML file, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from stylemix.plugins.rules import WHOLE, above, at_least, at_most
from stylemix.training.run_config import (
    File,
    Files,
    HardwareConfig,
    OptimizerConfig,
    ScheduleConfig,
    WeightsFileConfig,
    need,
)

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
        smallest_style: styles with fewer paintings are left out; one is to train on, one held out.
        limit: paintings read, spread evenly over all; 0 for all of them.
    """

    style: Files = ()
    side: Annotated[int, at_least(16)] = 224
    crop: Annotated[int, at_least(16)] = 128
    zoom: Annotated[float, at_least(1)] = 1.75
    held_out: Annotated[float, above(0), at_most(0.5)] = 0.1
    smallest_style: Annotated[int, at_least(2)] = 20
    limit: Annotated[int, at_least(0)] = 0


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

    cross_entropy: Annotated[float, at_least(0)] = 1.0
    contrastive: Annotated[float, at_least(0)] = 0.5
    temperature: Annotated[float, above(0)] = 0.1
    positives: Literal["painting", "style"] = "painting"


@dataclass(frozen=True)
class PretrainRuntime(HardwareConfig):
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the networks' autocast; ``"auto"`` takes bfloat16 where hardware has it.
        save_every: seconds between saved states.
        measure_every: steps between points of the curve on held-out paintings, 0 for none.
    """

    measure_every: Annotated[int, at_least(0)] = 0


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(WeightsFileConfig):
    """Everything about a pre-training.

    Attributes:
        output: file of the encoder's weights, ``*.safetensors``. The report lies beside it as
            ``*.json``, the state to resume from as ``*.state.safetensors``.
        encoder: a registered encoder's name, or a table of its ``name`` and options.
        encoder_weights: file of the weights to start from; empty takes the encoder's usual ones.
        seed: of everything random.
        batch: paintings per step.
        crops: of each painting in a step.
    """

    EXAMPLE = "encoder.safetensors"

    encoder: str | Mapping[str, Any] = "inception"
    encoder_weights: File = ""
    batch: Annotated[int, at_least(2)] = 32
    crops: Annotated[int, at_least(1)] = 2
    data: PaintingsConfig = field(default_factory=PaintingsConfig)
    losses: TermsConfig = field(default_factory=TermsConfig)
    optimizer: OptimizerConfig = field(default_factory=lambda: OptimizerConfig(lr=RATE))
    schedule: Annotated[ScheduleConfig, WHOLE] = field(
        default_factory=lambda: ScheduleConfig(steps=2000)
    )
    runtime: PretrainRuntime = field(default_factory=PretrainRuntime)

    @property
    def encoder_spec(self) -> dict[str, Any]:
        """The encoder as a table of its name and options."""
        return {"name": self.encoder} if isinstance(self.encoder, str) else dict(self.encoder)

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        super().check()
        data, losses = self.data, self.losses
        need(
            data.crop <= data.side,
            f"data.crop must be from 16 to data.side = {data.side} pixels, got {data.crop}",
        )
        need(
            losses.cross_entropy + losses.contrastive > 0,
            "losses: cross_entropy or contrastive must be above 0",
        )
        need(
            self.crops >= 2 or not losses.contrastive or losses.positives == "style",
            "the contrastive term needs crops = 2 or more of a painting; raise crops, or set "
            "losses.contrastive = 0",
        )
