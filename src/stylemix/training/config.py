"""What a training run is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError
from stylemix.registry import suggest
from stylemix.training.tables import build_table, read_toml

TRAIN = ("all", "encoder", "generator")
PRECISIONS = ("auto", "float32", "bfloat16")


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
        preset: ``"balanced"`` or ``"paper"``; the terms below replace or add to it.
        terms: ``label -> {name, weight, options}``; a weight alone changes a preset's term.
        features: the network losses look through, ``"vgg16"`` or ``"thin"``.
        weights: safetensors file of that network; empty takes the default one.
    """

    preset: str = "balanced"
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: str = "vgg16"
    weights: str = ""


@dataclass(frozen=True)
class OptimizerConfig:
    """Adam and what surrounds it.

    Attributes:
        lr: learning rate at its peak.
        betas: of Adam.
        warmup: steps of linear warm-up.
        cosine: fall to ``final`` of the peak on a cosine over the schedule; otherwise constant.
        final: share of the peak that is left at the end.
        clip: largest norm of the gradient, 0 for no clipping.
        ema: decay of the moving average of weights that is saved; 0 saves the weights themselves.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: int = 200
    cosine: bool = True
    final: float = 0.01
    clip: float = 1.0
    ema: float = 0.999


@dataclass(frozen=True)
class ScheduleConfig:
    """How long to train; exactly one of the three is above 0.

    Attributes:
        epochs: passes over the photographs.
        steps: optimiser steps.
        minutes: time that steps take, all sessions together.
    """

    epochs: float = 0
    steps: int = 0
    minutes: float = 0


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
        identity: probability that a photograph is its own style.
        split: probability that a sample takes texture from one painting and palette from
            another: for models with a palette code, and with a loss term on colours.
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
    split: float = 0.0
    train: str = "all"
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RuntimeConfig:
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the networks' autocast; ``"auto"`` takes bfloat16 where hardware has it.
        compile: run ``torch.compile`` on generator and feature network.
        save_every: seconds between saved states.
        sample_every: steps between sample sheets, 0 for none.
        tensorboard: write TensorBoard logs (needs the extra ``train``).
    """

    device: str = "auto"
    precision: str = "auto"
    compile: bool = False
    save_every: float = 60.0
    sample_every: int = 500
    tensorboard: bool = True


@dataclass(frozen=True)
class TrainConfig:
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

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> TrainConfig:
        """Read a TOML file; ``preset = "paper"`` or ``"balanced"`` gives what it leaves out.

        Paths in it are relative to the file.

        Raises:
            ConfigError: the file can't be read, or a key or value in it is wrong.
        """
        return cls.from_table(read_toml(path), Path(path).resolve().parent)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path | None = None) -> TrainConfig:
        """Make a configuration from nested mappings, as a TOML file holds them.

        Args:
            table: the mappings.
            base: folder that relative paths start from; None leaves paths as they are.

        Raises:
            ConfigError: a key or value is wrong.
        """
        table = dict(table)
        name = table.pop("preset", "balanced")
        if not isinstance(name, str) or name not in PRESETS:
            raise ConfigError(f"no training preset is named {name!r}{suggest(str(name), PRESETS)} "
                              f"(there are: {', '.join(PRESETS)})")
        merged = dict(PRESETS[name])
        if "schedule" in table:  # one way to say how long replaces the preset's, never adds to it
            merged["schedule"] = {}
        for key, value in table.items():
            old = merged.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping) and key != "model"
            merged[key] = {**old, **value} if both else value  # type: ignore[dict-item]
        if "output" not in merged:
            raise ConfigError('the configuration lacks output = "folder for the checkpoint"')
        config: TrainConfig = build_table(cls, merged, "")
        return config if base is None else _anchored(config, base)

    def to_table(self) -> dict[str, Any]:
        """Give nested mappings that :meth:`from_table` turns into an equal configuration."""
        return dataclasses.asdict(self)


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
            {"share": 0.2, "crop": 256, "batch": 32, "style_crop": [128, 256], "identity": 0.0,
             "train": "encoder"},
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


def _anchored(config: TrainConfig, base: Path) -> TrainConfig:
    def at(path: str) -> str:
        return str(base / Path(path).expanduser()) if path else path

    data = dataclasses.replace(config.data, content=tuple(map(at, config.data.content)),
                               style=tuple(map(at, config.data.style)))
    losses = dataclasses.replace(config.losses, weights=at(config.losses.weights))
    return dataclasses.replace(
        config, output=at(config.output), init=at(config.init), data=data, losses=losses,
        encoder_weights=at(config.encoder_weights),
    )


def _check(config: TrainConfig) -> None:
    """Refuse values that can't work, before anything is read or written."""
    def need(fine: bool, message: str) -> None:
        if not fine:
            raise ConfigError(message)

    schedule, optimizer, runtime = config.schedule, config.optimizer, config.runtime
    lengths = [schedule.epochs, schedule.steps, schedule.minutes]
    need(sum(v > 0 for v in lengths) == 1 and min(lengths) >= 0,
         "schedule: give exactly one of epochs, steps, minutes, above 0")
    need(optimizer.lr > 0, f"optimizer.lr must be above 0, got {optimizer.lr}")
    need(len(optimizer.betas) == 2 and all(0 <= b < 1 for b in optimizer.betas),
         f"optimizer.betas must be two numbers in [0, 1), got {list(optimizer.betas)}")
    need(0 <= optimizer.ema < 1, f"optimizer.ema must be in [0, 1), got {optimizer.ema}")
    need(optimizer.clip >= 0 and optimizer.warmup >= 0 and 0 <= optimizer.final <= 1,
         "optimizer: clip and warmup must be >= 0, final in [0, 1]")
    need(runtime.precision in PRECISIONS,
         f"runtime.precision must be one of {', '.join(PRECISIONS)}, got {runtime.precision!r}")
    need(runtime.save_every >= 0 and runtime.sample_every >= 0,
         "runtime.save_every and runtime.sample_every must be >= 0")
    need(0 <= config.seed < 2**32, f"seed must be in [0, 2^32), got {config.seed}")
    need(config.data.bank >= 0 and config.data.limit >= 0, "data.bank and data.limit must be >= 0")
    need(min(config.data.content_side, config.data.style_side) >= 16,
         "data.content_side and data.style_side must be at least 16 pixels")
    need(bool(config.phases), "give at least one [[phases]] table")
    for number, phase in enumerate(config.phases):
        name = f"phases[{number}]"
        need(phase.share > 0, f"{name}.share must be above 0, got {phase.share}")
        need(phase.crop >= 16 and phase.crop % 4 == 0,
             f"{name}.crop must be a multiple of 4 from 16 on, got {phase.crop}")
        need(bool(phase.style_crop) and min(phase.style_crop) >= 16,
             f"{name}.style_crop must be at least 16 pixels")
        need(phase.batch >= 1 and phase.per_style >= 1 and phase.batch % phase.per_style == 0,
             f"{name}.batch must be a multiple of {name}.per_style, both at least 1")
        need(phase.zoom >= 1, f"{name}.zoom must be at least 1, got {phase.zoom}")
        need(0 <= phase.identity <= 1, f"{name}.identity must be in [0, 1], got {phase.identity}")
        need(0 <= phase.split <= 1, f"{name}.split must be in [0, 1], got {phase.split}")
        need(phase.train in TRAIN, f"{name}.train must be one of {', '.join(TRAIN)}, "
                                   f"got {phase.train!r}")
        for label, weight in phase.weights.items():
            need(weight >= 0, f"{name}.weights.{label} must be >= 0, got {weight}")
        need(not phase.identity or phase.per_style == 1,
             f"{name}: identity pairs need per_style = 1, or set identity = 0")
        need(not config.data.bank or phase.style_crop == config.phases[0].style_crop,
             "data.bank keeps crops of one size: give every phase the same style_crop")
        need(not config.data.bank or len(phase.style_crop) == 1,
             "data.bank keeps crops of one size: give one style_crop")
