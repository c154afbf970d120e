"""What a training run is told: a TOML file, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from stylemix.plugins.rules import (
    NOT_EMPTY,
    ONE_OR_MORE,
    WHOLE,
    above,
    at_least,
    at_most,
    multiple_of,
)
from stylemix.training.run_config import (
    File,
    Files,
    HardwareConfig,
    RunConfig,
    ScheduleConfig,
    need,
)

Share = Annotated[float, at_least(0), at_most(1)]
"""A probability."""

Weight = Annotated[float, at_least(0)]
"""Of a loss term."""

SHIFTED_CROPS = (32, 512)
"""Smallest and largest crop of phases with shifted photographs, in pixels: of a smaller one the
borders that aren't compared leave too little."""


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

    content: Files = ()
    style: Files = ()
    content_side: Annotated[int, at_least(16)] = 288
    style_side: Annotated[int, at_least(16)] = 384
    limit: Annotated[int, at_least(0)] = 0
    bank: Annotated[int, at_least(0)] = 0


@dataclass(frozen=True)
class LossConfig:
    """The objective.

    Attributes:
        preset: ``"balanced"``, ``"paper"``, ``"moments"`` or ``"reconstruction"``, see
            :data:`stylemix.losses.objective.LOSS_PRESETS`; the terms below replace or add to it.
        terms: ``label -> {name, weight, options}``; a weight alone changes a preset's term.
        features: the network losses look through, ``"vgg16"`` or ``"thin"``.
        weights: safetensors file of that network; empty takes the default one.
    """

    preset: str = "balanced"
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: str = "vgg16"
    weights: File = ""


@dataclass(frozen=True)
class PhaseConfig:
    """One part of the schedule.

    Attributes:
        share: of the schedule; shares are brought to a sum of one.
        crop: side of the photographs' crops, in pixels; a multiple of 4.
        batch: photographs per step, all processes together.
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

    share: Annotated[float, above(0)] = 1.0
    crop: Annotated[int, at_least(16), multiple_of(4)] = 256
    batch: Annotated[int, at_least(1)] = 8
    style_crop: Annotated[tuple[Annotated[int, at_least(16)], ...], NOT_EMPTY, ONE_OR_MORE] = (256,)
    zoom: Annotated[float, at_least(1)] = 1.0
    per_style: Annotated[int, at_least(1)] = 1
    identity: Share = 0.1
    partial: Share = 0.0
    split: Share = 0.0
    shifted: Share = 0.0
    train: Literal["all", "encoder", "generator"] = "all"
    weights: Mapping[str, Weight] = field(default_factory=dict)


def phase_at(phases: Sequence[PhaseConfig], progress: float) -> int:
    """Return the number of the phase that a progress in [0, 1] falls into."""
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
    sample_every: Annotated[int, at_least(0)] = 500
    tensorboard: bool = True


TRAINING_PRESETS: dict[str, dict[str, Any]] = {
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
    # Equal to the paper: Adam 5e-4, 256-px crops, style fragments of 128 and 256, 80 epochs of
    # batch 32, then the encoder alone with the generator frozen (its length isn't given there; one
    # fifth).
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
}
"""Configurations by name, the default first."""


@dataclass(frozen=True, kw_only=True)
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
    PRESETS = TRAINING_PRESETS

    model: str | Mapping[str, Any] = "film"
    init: File = ""
    encoder_weights: File = ""
    description: str = ""
    data: DataConfig = field(default_factory=DataConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    schedule: Annotated[ScheduleConfig, WHOLE] = field(default_factory=ScheduleConfig)
    phases: Annotated[tuple[PhaseConfig, ...], NOT_EMPTY] = (PhaseConfig(),)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)

    @property
    def state_file(self) -> Path:
        """The file of the state to resume from."""
        return Path(self.output) / "training" / "state.safetensors"

    def check(self) -> None:
        """Refuse values that don't go together; see :meth:`RunConfig.check`."""
        super().check()
        crop = self.phases[0].style_crop
        for number, phase in enumerate(self.phases):
            path = f"phases[{number}]"
            need(
                phase.batch % phase.per_style == 0,
                f"{path}.batch must be a multiple of {path}.per_style = {phase.per_style}, got "
                f"{phase.batch}",
            )
            need(
                (not phase.identity and not phase.partial) or phase.per_style == 1,
                f"{path}: identity pairs need per_style = 1, and so do samples in part; or set "
                "identity and partial to 0",
            )
            need(
                not phase.shifted or SHIFTED_CROPS[0] <= phase.crop <= SHIFTED_CROPS[1],
                f"{path}.shifted needs a crop of {SHIFTED_CROPS[0]} to {SHIFTED_CROPS[1]} pixels, "
                f"got {phase.crop}",
            )
            need(
                not self.data.bank or phase.style_crop == crop,
                "data.bank keeps crops of one size: give every phase the same style_crop",
            )
        need(
            not self.data.bank or len(crop) == 1,
            "data.bank keeps crops of one size: give one style_crop",
        )
