"""The distillation: from pictures and VGG-16 to a thin network's weights and its figures."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS, feature_net
from stylemix.checkpoint.loading import load
from stylemix.errors import ConfigError
from stylemix.images import match_moments, to_float
from stylemix.injections.style import StyleMix
from stylemix.ops.defaults import usual
from stylemix.ops.placement import place
from stylemix.stylizers import FeedForward
from stylemix.training.average import update_average
from stylemix.training.data import Crops, read_pictures
from stylemix.training.features.config import DistillConfig, WalkConfig
from stylemix.training.features.inputs import Inputs
from stylemix.training.features.measure import measure
from stylemix.training.features.objective import feature_errors, gram_errors
from stylemix.training.features.start import start_from
from stylemix.training.features.student import Student
from stylemix.training.features.trajectories import First, TrajectoryPool
from stylemix.training.log import TrainingLog
from stylemix.training.run import Session, Stateful
from stylemix.training.state import save_state
from stylemix.training.weights_run import write_report

CALIBRATION = 96
"""Pictures that the teacher's scale and the first weights are measured on."""
TESTED = 256
"""Short side of the pictures that the figures are measured on, in pixels."""


class Distiller:
    """Trains a student, or goes on where an earlier run with the same output stopped.

    With a schedule in steps or epochs, on the CPU, a resumed run equals an uninterrupted one bit
    by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no pictures to train or to measure on.
        WeightsError: the teacher's weights can't be had.
        CheckpointError: the earlier state is damaged, or nothing can be written.
    """

    @usual()
    def __init__(
        self, config: DistillConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        self.config, self.progress = config, progress
        self.session = session = Session(config)
        self.device, self.precision = session.device, session.precision
        resumed = session.earlier(restart)
        self.teacher = place(feature_net("vgg16", config.teacher or None), self.device)
        self._take_pictures()
        torch.manual_seed(config.seed)
        self.net = place(Student(config.channels), self.device)
        self.scales = dict.fromkeys(BLOCK_ENDS, 1.0)
        self.pool = TrajectoryPool(config.walk, self.inputs, _first_pass(config.walk, self.device))
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net)
        # Of the pictures of a step, trajectories included, half of `batch` are photographs.
        pictures = config.batch + (config.walk.batch if config.walk.walkers else 0)
        session.epoch = math.ceil(len(self.inputs.photographs) * pictures / (config.batch // 2))
        session.optimize(dict(self.net.named_parameters()))
        if resumed is not None:
            session.restore(resumed, self._parts(), self._take_record)

    @usual()
    def run(self) -> Path:
        """Train to the end of the schedule, and measure.

        Returns:
            The file of the student's weights; the figures lie in ``config.report_file``.
        """
        session, config = self.session, self.config
        log = TrainingLog(session.state_file.parent, False, self.progress, session.done)
        with session.turns(log, self.save) as turns:
            for turn in turns:
                images = self._images(turn.step)
                parts = self._losses(images)
                session.descent.set(turn.step, turn.rate)
                session.descent(self._total(parts))
                session.descent.check()
                update_average(
                    self.average.state_dict(),
                    self.net.state_dict(),
                    config.optimizer.ema,
                    turn.step,
                )
                session.count(len(images), {k: float(v.detach()) for k, v in parts.items()})
        self._write_figures()
        return Path(config.output)

    def save(self) -> None:
        """Write the state to resume from, and the averaged student."""
        self.session.save(self._parts(), {"scales": self.scales})
        save_state(
            Path(self.config.output),
            {k: v.half() for k, v in self.average.tensors().items()},
            {"channels": list(self.config.channels), "steps": self.session.step},
        )

    def measure(self) -> dict[str, float]:
        """Compare the averaged student with the teacher on the pictures kept for it."""
        return measure(lambda x: self.average(x, self.precision), self._teach, *self.tested)

    def _parts(self) -> Mapping[str, Stateful]:
        return {"net": self.net, "average": self.average, "walkers": self.pool}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        self.scales = {layer: float(record["scales"][layer]) for layer in BLOCK_ENDS}

    def _write_figures(self) -> None:
        write_report(
            self.session,
            {
                "pictures": {
                    "photographs": len(self.inputs.photographs),
                    "paintings": len(self.inputs.paintings),
                    "tested": [len(t) for t in self.tested],
                },
                "figures": self.measure(),
            },
            "pictures_seen",
        )

    def _images(self, step: int) -> Tensor:
        """Draw a step's pictures: crops, and trajectories moved on."""
        images = self.inputs.draw(step, self.config.batch)
        if not self.config.walk.walkers:
            return images
        moved = self.pool.move(step, lambda x: self.net(x, self.precision), self.precision)
        return torch.cat([images, moved])

    def _losses(self, images: Tensor) -> dict[str, Tensor]:
        """Compare the student's maps of pictures with the teacher's."""
        wanted = self._teach(images)
        found = self.net(images, self.precision)
        parts = {"feature": torch.stack(list(feature_errors(found, wanted).values())).mean()}
        if self.config.losses.gram:
            errors = gram_errors(found, wanted, self.precision)
            parts["gram"] = torch.stack(list(errors.values())).mean()
        return parts

    def _total(self, parts: Mapping[str, Tensor]) -> Tensor:
        """Return the weighted sum of the losses."""
        weights = self.config.losses
        total = weights.feature * parts["feature"]
        return total + weights.gram * parts["gram"] if "gram" in parts else total

    @torch.no_grad()
    def _teach(self, images: Tensor) -> dict[str, Tensor]:
        """Return the teacher's maps, scaled to unit mean square, float32."""
        with torch.autocast(
            images.device.type, self.precision, enabled=self.precision == torch.bfloat16
        ):
            seen = self.teacher(images, BLOCK_ENDS)
        return {layer: seen[layer].float() * self.scales[layer] for layer in BLOCK_ENDS}

    def _take_pictures(self) -> None:
        data = self.config.data

        def read(key: str, side: int, limit: int = 0) -> list[Tensor]:
            return read_pictures(
                getattr(data, key), side, what=key, limit=limit, progress=self.progress
            )

        self.tested = [
            [to_float(p).to(self.device) for p in read(key, TESTED)]
            for key in ("test_content", "test_style")
        ]
        photographs, paintings = (
            Crops(read(key, data.side, data.limit), self.device) for key in ("content", "style")
        )
        self.inputs = Inputs(photographs, paintings, data.crop, data.zoom, self.config.seed)

    def _start(self) -> None:
        """Measure the teacher's scale, and start student and trajectories."""
        images = torch.cat(
            [
                self.inputs.cut(crops, CALIBRATION // 2, self.inputs.stream("calibration", number))
                for number, crops in enumerate((self.inputs.photographs, self.inputs.paintings))
            ]
        )
        squares = dict.fromkeys(BLOCK_ENDS, 0.0)
        for part in images.split(8):
            for layer, seen in self._teach(part).items():
                squares[layer] += float(seen.square().mean()) * len(part) / len(images)
        self.scales = {layer: max(v, 1e-12) ** -0.5 for layer, v in squares.items()}
        if self.config.start == "teacher":
            start_from(self.net, self.teacher, self.scales, images)
        self.pool.begin()


def _first_pass(walk: WalkConfig, device: torch.device) -> First:
    """Return what makes first pictures: a trained model, or a change of colors."""
    model = walk.model
    if not model or not walk.walkers:
        return lambda content, style: match_moments(content, style).clamp(0, 1)
    trained = load(model, device=device)
    if not isinstance(trained, FeedForward):
        raise ConfigError(
            f"walk.model = {model!r} has no forward pass; name a trained model, or leave it empty"
        )

    @torch.no_grad()
    def run(content: Tensor, style: Tensor) -> Tensor:
        out: Tensor = trained(content, StyleMix.single(trained.prepare(style)))
        return out.float().clamp(0, 1)

    return run
