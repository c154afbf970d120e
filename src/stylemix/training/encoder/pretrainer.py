"""The pre-training: from labelled paintings to a style encoder's weights and its figures."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.encoders import StyleEncoder
from stylemix.errors import ConfigError
from stylemix.ops import place, stream
from stylemix.ops.defaults import usual
from stylemix.plugins import registry
from stylemix.training.average import update_average
from stylemix.training.data import Crops
from stylemix.training.encoder.batches import BalancedBatches
from stylemix.training.encoder.config import PretrainConfig
from stylemix.training.encoder.contrast import supervised_info_nce
from stylemix.training.encoder.encoder_file import save_encoder
from stylemix.training.encoder.held_out import held_out
from stylemix.training.encoder.measure import glance, measure
from stylemix.training.encoder.network import Classifier
from stylemix.training.encoder.paintings import Paintings, read_paintings
from stylemix.training.log import TrainingLog
from stylemix.training.run import Session, Stateful
from stylemix.training.weights_run import write_report

CALIBRATION = 256
"""Paintings that the encoder is calibrated on."""


class Pretrainer:
    """Trains an encoder, or goes on where an earlier run with the same output stopped.

    With a schedule in steps or epochs, on the CPU, a resumed run equals an uninterrupted one bit
    by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no paintings to train on.
        WeightsError: the encoder's starting weights are missing or don't fit.
        CheckpointError: the earlier state is damaged, or nothing can be written.
    """

    @usual()
    def __init__(
        self, config: PretrainConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        self.config, self.progress = config, progress
        self.session = session = Session(config, subject="the encoder")
        self.device, self.precision = session.device, session.precision
        self.before: dict[str, float] = {}
        self.curve: list[dict[str, float]] = []

        torch.manual_seed(config.seed)
        encoder: StyleEncoder = registry("encoders").build(config.encoder_spec)
        if "embedding" not in encoder.channels:
            raise ConfigError(
                f"the encoder {config.encoder_spec['name']!r} gives no embedding to "
                "train; choose another one"
            )
        resumed = session.earlier(restart)
        data = config.data
        paintings = read_paintings(
            data.style,
            data.side,
            smallest_style=data.smallest_style,
            limit=data.limit,
            progress=progress,
        )
        self._take(paintings)
        torch.manual_seed(config.seed)
        self.net = place(Classifier(encoder, len(paintings.styles)), self.device)
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net) if config.optimizer.ema else self.net
        session.epoch = len(self.train)
        session.optimize({n: p for n, p in self.net.named_parameters() if p.requires_grad})
        if resumed is not None:
            session.restore(resumed, self._parts(), self._take_record)

    @usual()
    def run(self) -> Path:
        """Measure, train to the end of the schedule, and measure again.

        Returns:
            The file of the encoder's weights; the figures lie in ``config.report_file``.
        """
        if not self.before:
            self.before = self._measure()
        self.net.train()
        session, config = self.session, self.config
        log = TrainingLog(session.state_file.parent, False, self.progress, session.done)
        with session.turns(log, self.save) as turns:
            for turn in turns:
                parts = self._losses(turn.step)
                session.descent.set(turn.step, turn.rate)
                session.descent(torch.stack(list(parts.values())).sum())
                session.descent.check()
                if self.average is not self.net:
                    update_average(
                        self.average.state_dict(),
                        self.net.state_dict(),
                        config.optimizer.ema,
                        turn.step,
                    )
                session.count(config.batch, {k: float(v.detach()) for k, v in parts.items()})
                every = config.runtime.measure_every
                if every and session.step % every == 0:
                    self._glance(log)
        self._write_figures()
        return Path(config.output)

    def save(self) -> None:
        """Write the state to resume from, and the averaged encoder."""
        self.session.save(
            self._parts(),
            {
                "before": self.before,
                "curve": self.curve,
                "styles": list(self.styles),
                "paintings": len(self.labels),
            },
        )
        save_encoder(self.average.encoder, self.config.encoder_spec, Path(self.config.output))

    def _parts(self) -> Mapping[str, Stateful]:
        separate = {} if self.average is self.net else {"average": self.average}
        return {"net": self.net, **separate}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        found = (record["styles"], record["paintings"])
        if found != (list(self.styles), len(self.labels)):
            raise ConfigError(
                f"{self.session.state_file} comes from a run with {found[1]} paintings"
                f" of {len(found[0])} styles, now there are {len(self.labels)} of "
                f"{len(self.styles)}; put them back, or start over with restart"
            )
        self.before, self.curve = record["before"], record.get("curve", [])

    def _write_figures(self) -> None:
        write_report(
            self.session,
            {
                "paintings": {"trained_on": len(self.train), "held_out": len(self.held)},
                "styles": list(self.styles),
                "before": self.before,
                "curve": self.curve,
                "after": self._measure(),
            },
            "paintings_seen",
        )

    def _losses(self, step: int) -> dict[str, Tensor]:
        """Draw a step's crops and return their weighted losses."""
        config, losses = self.config, self.config.losses
        images, paintings, styles = self.batches.draw(
            step, self.session.seen, config.batch, config.crops, config.data.crop, config.data.zoom
        )
        embedding, scores = self.net(images, self.precision)
        parts: dict[str, Tensor] = {}
        if losses.cross_entropy:
            parts["cross_entropy"] = losses.cross_entropy * F.cross_entropy(scores, styles)
        if losses.contrastive:
            group_of = paintings if losses.positives == "painting" else styles
            parts["contrastive"] = losses.contrastive * supervised_info_nce(
                embedding, group_of, losses.temperature
            )
        return parts

    def _take(self, paintings: Paintings) -> None:
        """Split the paintings and make ready to draw from them."""
        self.styles, self.labels = paintings.styles, paintings.labels
        out = held_out(paintings.names, paintings.labels, self.config.data.held_out)
        self.held = [i for i, kept in enumerate(out) if kept]
        self.train = [i for i, kept in enumerate(out) if not kept]
        self.crops = Crops(paintings.pictures, self.device)
        self.batches = BalancedBatches(self.crops, self.labels, self.train, self.config.seed)

    def _start(self) -> None:
        """Set a fresh encoder's first weights."""
        encoder, data = self.net.encoder, self.config.data
        encoder.initialize(self.config.encoder_weights or None)
        count = min(CALIBRATION, len(self.train))
        indices = [self.train[i * len(self.train) // count] for i in range(count)]
        chance = torch.rand(count, 4, generator=stream(self.config.seed, "calibration"))
        encoder.calibrate(self.crops.cut(indices, data.crop, chance, data.zoom))

    def _glance(self, log: TrainingLog) -> None:
        """Add a point to the curve of the averaged weights on held-out paintings."""
        data = self.config.data
        found = glance(
            self.average,
            self.crops,
            self.labels,
            self.held,
            data.crop,
            data.zoom,
            self.precision,
        )
        self.curve.append({"step": self.session.step, **found})
        log.say(", ".join(f"{key} {value:.4g}" for key, value in self.curve[-1].items()))

    def _measure(self) -> dict[str, float]:
        data = self.config.data
        return measure(
            self.average,
            self.crops,
            self.labels,
            self.train,
            self.held,
            data.crop,
            data.zoom,
            self.precision,
        )
