"""What a distillation is told: a TOML file, checked key by key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from stylemix.backbones.vgg import VGG16_CHANNELS
from stylemix.plugins.rules import WHOLE, at_least, multiple_of
from stylemix.training.run_config import (
    PATH_OR_NAME,
    File,
    Files,
    RunConfig,
    ScheduleConfig,
    WeightsFileConfig,
    need,
)

Width = Annotated[int, at_least(1)]
"""Channels of a block."""


@dataclass(frozen=True)
class PicturesConfig:
    """Which pictures, and how crops are cut from them.

    Attributes:
        content: folders, tar shards or glob patterns of photographs.
        style: the same for paintings.
        test_content: photographs kept out of training, to measure on.
        test_style: the same for paintings.
        side: larger pictures are shrunk to this short side, in pixels.
        crop: side of the crops in pixels.
        zoom: a crop covers ``crop`` to ``zoom * crop`` pixels of the picture, shrunk to ``crop``.
        limit: pictures read of each kind for training, spread evenly over all; 0 for all.
    """

    content: Files = ()
    style: Files = ()
    test_content: Files = ()
    test_style: Files = ()
    side: Annotated[int, at_least(16)] = 288
    crop: Annotated[int, at_least(16), multiple_of(8)] = 128
    zoom: Annotated[float, at_least(1)] = 1.75
    limit: Annotated[int, at_least(0)] = 0


@dataclass(frozen=True)
class WalkConfig:
    """Pictures that are being optimised through the student while it learns.

    Attributes:
        walkers: how many there are; 0 for none.
        batch: of them in each step.
        steps: that each of these is optimised by in a training step.
        life: optimisation steps after which one begins anew with another photograph and painting.
        model: name or folder of a trained model whose forward pass they may begin with; empty
            takes the photograph in the painting's colours instead.
    """

    walkers: Annotated[int, at_least(0)] = 24
    batch: Annotated[int, at_least(1)] = 2
    steps: Annotated[int, at_least(1)] = 2
    life: Annotated[int, at_least(1)] = 30
    model: Annotated[str, PATH_OR_NAME] = "film"


@dataclass(frozen=True)
class ErrorsConfig:
    """The objective, a weighted sum; see :mod:`stylemix.training.features.objective`.

    Attributes:
        feature: weight of the relative squared error of features, mean over layers.
        gram: weight of the relative error of Gram matrices, mean over layers.
    """

    feature: Annotated[float, at_least(0)] = 1.0
    gram: Annotated[float, at_least(0)] = 1.0


@dataclass(frozen=True, kw_only=True)
class DistillConfig(WeightsFileConfig):
    """Everything about a distillation.

    Attributes:
        output: file of the network's weights, ``*.safetensors``. The report lies beside it as
            ``*.json``, the state to resume from as ``*.state.safetensors``.
        channels: of the student's four blocks.
        start: ``"teacher"`` begins with the teacher's most telling channels, joined by least
            squares; ``"random"`` with random weights.
        teacher: safetensors file of VGG-16's weights; empty takes the default ones.
        seed: of everything random.
        batch: photographs and paintings per step, half of each; walkers come on top.
    """

    EXAMPLE = "thin.safetensors"
    FREE = (*RunConfig.FREE, "teacher")

    channels: tuple[Width, Width, Width, Width] = (24, 48, 96, 192)
    start: Literal["teacher", "random"] = "teacher"
    teacher: File = ""
    batch: Annotated[int, at_least(2), multiple_of(2)] = 4
    data: PicturesConfig = field(default_factory=PicturesConfig)
    walk: WalkConfig = field(default_factory=WalkConfig)
    losses: ErrorsConfig = field(default_factory=ErrorsConfig)
    schedule: Annotated[ScheduleConfig, WHOLE] = field(
        default_factory=lambda: ScheduleConfig(steps=10_000)
    )

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        super().check()
        walk, losses = self.walk, self.losses
        need(
            all(c <= wide for c, wide in zip(self.channels, VGG16_CHANNELS, strict=True)),
            "channels must not exceed the teacher's, 64, 128, 256 and 512, got "
            f"{list(self.channels)}",
        )
        need(
            not walk.walkers or walk.batch <= walk.walkers,
            f"walk.batch must be from 1 to walk.walkers = {walk.walkers}, got {walk.batch}",
        )
        need(losses.feature + losses.gram > 0, "losses: feature or gram must be above 0")
