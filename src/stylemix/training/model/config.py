"""What a training run is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError
from stylemix.plugins.registries import suggest
from stylemix.training.run_config import (
    PRECISIONS,
    HardwareConfig,
    OptimizerConfig,
    RunConfig,
    ScheduleConfig,
    need,
    under,
)

__all__ = [
    "PRECISIONS",
    "DataConfig",
    "LossConfig",
    "OptimizerConfig",
    "PhaseConfig",
    "RuntimeConfig",
    "ScheduleConfig",
    "TrainConfig",
]

TRAIN = ("all", "encoder", "generator")


@dataclass(frozen=True)
class DataConfig:
    """Which pictures to train on.

    Attributes:
        content: folders, tar shards or glob patterns of photographs.
        style: the same for paintings.
        content_side: photographs are shrunk to this short side, in pixels.
        style_side: the same for paintings.
        limit: pictures read of each kind, 0 for all of them.
        bank: crops of each painting whose loss targets are computed once before training and
            kept (a step then costs little more than generator and losses); 0 crops anew and
            computes targets in every step.
    """

    content: tuple[str, ...] = ()
    style: tuple[str, ...] = ()
    content_side: int = 288
    style_side: int = 384
    limit: int = 0
    bank: int = 0


@dataclass(frozen=True)
class LossConfig:
    """The objective.

    Attributes:
        preset: ``"balanced"``, ``"paper"``, ``"moments"`` or ``"reconstruction"``, see
            :data:`stylemix.losses.objective.PRESETS`; the terms below replace or add to it.
        terms: ``label -> {name, weight, options}``; a weight alone changes a preset's term.
        features: the network losses look through, ``"vgg16"`` or ``"thin"``.
        weights: safetensors file of that network; empty takes the default one.
    """

    preset: str = "balanced"
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: str = "vgg16"
    weights: str = ""


@dataclass(frozen=True)
class PhaseConfig:
    """One part of the schedule.

    Attributes:
        share: of the schedule; shares are brought to a sum of one.
        crop: side of the photographs' crops, in pixels; a multiple of 4.
        batch: photographs a step, all processes together.
        style_crop: side of the paintings' crops in pixels; of several, a step draws one.
        zoom: a crop covers up to ``zoom * crop`` pixels of the photograph, shrunk to ``crop``.
        per_style: photographs that share one painting in a batch.
        identity: share of the photographs that are their own style. For a model that can't have
            such pairs (no style enters it, or it knows fixed styles alone) the default is left
            out with a warning, and another value above 0 is refused.
        partial: share of the samples, without identity pairs and split samples, that get a
            mixture of the painting's style and the photograph's own, at a strength between 0.3 and
            0.9, with the loss terms on paintings weaker by its square: for pictures between the
            photograph and the full style that keep more of both.
        split: share of the samples, without identity pairs, that take texture from one painting
            and palette from another: for models with a palette code, and with a loss term on
            colours.
        shifted: share of the photographs that are stylised a second time, a few pixels further
            and slightly noisy; the loss ``"shift"``, of weight 60 unless ``weights`` says
            otherwise, is the squared difference of both pictures where they show the same.
        train: ``"all"``, ``"generator"`` (with the injections; the encoder is frozen), or
            ``"encoder"`` (the generator is frozen, the paper's second phase; injections
            belong to the generator).
        weights: loss weights that differ in this phase, by label.
    """

    share: float = 1.0
    crop: int = 256
    batch: int = 8
    style_crop: tuple[int, ...] = (256,)
    zoom: float = 1.0
    per_style: int = 1
    identity: float = 0.1
    partial: float = 0.0
    split: float = 0.0
    shifted: float = 0.0
    train: str = "all"
    weights: Mapping[str, float] = field(default_factory=dict)


def phase_at(phases: Sequence[PhaseConfig], progress: float) -> int:
    """Give the number of the phase that a progress in [0, 1] falls into."""
    total = sum(phase.share for phase in phases)
    edge = 0.0
    for number, phase in enumerate(phases):
        edge += phase.share / total
        if progress < edge:
            return number
    return len(phases) - 1


@dataclass(frozen=True)
class RuntimeConfig(HardwareConfig):
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the networks' autocast; ``"auto"`` takes bfloat16 where hardware has it.
        save_every: seconds between saved states.
        compile: run ``torch.compile`` on generator and feature network.
        sample_every: steps between sample sheets, 0 for none.
        tensorboard: write TensorBoard logs (needs the extra ``train``).
    """

    compile: bool = False
    sample_every: int = 500
    tensorboard: bool = True


@dataclass(frozen=True)
class TrainConfig(RunConfig):
    """Everything about a training run.

    Attributes:
        output: folder of the checkpoint; the state to resume from lies in ``training/`` in it.
        model: a model preset's name or a whole model configuration.
        init: checkpoint folder whose weights to start from; empty starts afresh.
        encoder_weights: pre-trained encoder weights for a fresh start; empty takes the default
            ones of the encoder.
        seed: of everything random.
        description: for the model card.
    """

    EXAMPLE = "folder for the checkpoint"
    FREE = (*RunConfig.FREE, "description")

    output: str
    model: str | Mapping[str, Any] = "film"
    init: str = ""
    encoder_weights: str = ""
    seed: int = 0
    description: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=ScheduleConfig)
    phases: tuple[PhaseConfig, ...] = (PhaseConfig(),)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)

    @property
    def state_file(self) -> Path:
        """Name the file of the state to resume from."""
        return Path(self.output) / "training" / "state.safetensors"

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path | None = None) -> TrainConfig:
        """Make a configuration from nested mappings, as a TOML file holds them.

        Args:
            table: the mappings; ``preset = "paper"`` or ``"balanced"`` gives what they leave out.
            base: folder that relative paths start from; None leaves paths as they are.

        Raises:
            ConfigError: a key or value is wrong.
        """
        table = dict(table)
        name = table.pop("preset", "balanced")
        if not isinstance(name, str) or name not in PRESETS:
            raise ConfigError(
                f"no training preset is named {name!r}{suggest(str(name), PRESETS)} "
                f"(there are: {', '.join(PRESETS)})"
            )
        merged = dict(PRESETS[name])
        if "schedule" in table:  # one way to say how long replaces the preset's, never adds to it
            merged["schedule"] = {}
        for key, value in table.items():
            old = merged.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping) and key != "model"
            merged[key] = {**old, **value} if both else value  # type: ignore[dict-item]
        return super().from_table(merged, base)

    def anchored(self, base: Path) -> TrainConfig:
        """Give the same with paths below ``base`` where they are relative."""
        at = functools.partial(under, base)
        data = dataclasses.replace(
            self.data,
            content=tuple(map(at, self.data.content)),
            style=tuple(map(at, self.data.style)),
        )
        losses = dataclasses.replace(self.losses, weights=at(self.losses.weights))
        return dataclasses.replace(
            self,
            output=at(self.output),
            init=at(self.init),
            data=data,
            losses=losses,
            encoder_weights=at(self.encoder_weights),
        )

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        runtime = self.runtime
        need(
            runtime.save_every >= 0 and runtime.sample_every >= 0,
            "runtime.save_every and runtime.sample_every must be >= 0",
        )
        super().check()
        need(self.data.bank >= 0 and self.data.limit >= 0, "data.bank and data.limit must be >= 0")
        need(
            min(self.data.content_side, self.data.style_side) >= 16,
            "data.content_side and data.style_side must be at least 16 pixels",
        )
        need(bool(self.phases), "give at least one [[phases]] table")
        for number, phase in enumerate(self.phases):
            _check_phase(phase, f"phases[{number}]")
            need(
                not self.data.bank or phase.style_crop == self.phases[0].style_crop,
                "data.bank keeps crops of one size: give every phase the same style_crop",
            )
            need(
                not self.data.bank or len(phase.style_crop) == 1,
                "data.bank keeps crops of one size: give one style_crop",
            )


# Equal to the paper: Adam 5e-4, 256-px crops, style fragments of 128 and 256, 80 epochs of batch
# 32, then the encoder alone with the generator frozen (its length isn't given there; one fifth).
PRESETS: dict[str, dict[str, Any]] = {
    "paper": {
        "model": "paper-film",
        "losses": {"preset": "paper"},
        "optimizer": {"lr": 5e-4, "warmup": 0, "cosine": False, "clip": 0.0, "ema": 0.0},
        "schedule": {"epochs": 80},
        "phases": [
            {"share": 0.8, "crop": 256, "batch": 32, "style_crop": [128, 256], "identity": 0.0},
            {
                "share": 0.2,
                "crop": 256,
                "batch": 32,
                "style_crop": [128, 256],
                "identity": 0.0,
                "train": "encoder",
            },
        ],
    },
    # Small crops first: most of the learning for a fraction of the cost.
    "balanced": {
        "model": "film",
        "losses": {"preset": "balanced"},
        "optimizer": {"lr": 2e-3},
        "schedule": {"steps": 40_000},
        "phases": [
            {"share": 0.35, "crop": 64, "batch": 16, "style_crop": [192], "zoom": 3.0},
            {"share": 0.5, "crop": 128, "batch": 8, "style_crop": [192], "zoom": 2.0},
            {"share": 0.15, "crop": 256, "batch": 4, "style_crop": [256], "zoom": 1.0},
        ],
    },
}


def _check_phase(phase: PhaseConfig, name: str) -> None:
    need(phase.share > 0, f"{name}.share must be above 0, got {phase.share}")
    need(
        phase.crop >= 16 and phase.crop % 4 == 0,
        f"{name}.crop must be a multiple of 4 from 16 on, got {phase.crop}",
    )
    need(
        bool(phase.style_crop) and min(phase.style_crop) >= 16,
        f"{name}.style_crop must be at least 16 pixels",
    )
    need(
        phase.batch >= 1 and phase.per_style >= 1 and phase.batch % phase.per_style == 0,
        f"{name}.batch must be a multiple of {name}.per_style, both at least 1",
    )
    need(phase.zoom >= 1, f"{name}.zoom must be at least 1, got {phase.zoom}")
    need(0 <= phase.identity <= 1, f"{name}.identity must be in [0, 1], got {phase.identity}")
    need(0 <= phase.partial <= 1, f"{name}.partial must be in [0, 1], got {phase.partial}")
    need(0 <= phase.split <= 1, f"{name}.split must be in [0, 1], got {phase.split}")
    need(0 <= phase.shifted <= 1, f"{name}.shifted must be in [0, 1], got {phase.shifted}")
    need(
        not phase.shifted or 32 <= phase.crop <= 512,
        f"{name}.shifted needs a crop of 32 to 512 pixels, got {phase.crop}",
    )
    need(
        phase.train in TRAIN, f"{name}.train must be one of {', '.join(TRAIN)}, got {phase.train!r}"
    )
    for label, weight in phase.weights.items():
        need(weight >= 0, f"{name}.weights.{label} must be >= 0, got {weight}")
    need(
        (not phase.identity and not phase.partial) or phase.per_style == 1,
        f"{name}: identity pairs need per_style = 1, and so do samples in part; or set identity "
        "and partial to 0",
    )
