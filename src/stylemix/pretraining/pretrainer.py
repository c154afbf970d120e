"""The pre-training: from labelled paintings to a style encoder's weights and its figures."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylemix.encoders import StyleEncoder
from stylemix.errors import CheckpointError, ConfigError
from stylemix.plugins import registry
from stylemix.pretraining.batches import BalancedBatches
from stylemix.pretraining.config import PretrainConfig
from stylemix.pretraining.contrast import supervised_info_nce
from stylemix.pretraining.encoder_file import save_encoder
from stylemix.pretraining.measure import measure
from stylemix.pretraining.network import Classifier
from stylemix.pretraining.paintings import Paintings, read_paintings
from stylemix.pretraining.split import held_out
from stylemix.training.data import Crops
from stylemix.training.hardware import pick_device, pick_precision
from stylemix.training.interrupt import interruptible
from stylemix.training.report import Report
from stylemix.training.schedule import learning_rate, progress_of
from stylemix.training.state import load_state, optimizer_tensors, restore_optimizer, save_state

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

    def __init__(
        self, config: PretrainConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        self.config = config
        self.progress = progress
        runtime = config.runtime.runtime()
        self.device = pick_device(runtime)
        self.precision = pick_precision(runtime, self.device)
        self.step = self.seen = 0
        self.seconds = 0.0
        self.before: dict[str, float] = {}

        torch.manual_seed(config.seed)
        encoder: StyleEncoder = registry("encoders").build(config.encoder_spec)
        if "embedding" not in encoder.channels:
            raise ConfigError(f"the encoder {config.encoder_spec['name']!r} gives no embedding to "
                              "train; choose another one")
        resumed = None if restart else self._read_state()
        data = config.data
        paintings = read_paintings(data.style, data.side, smallest_style=data.smallest_style,
                                   limit=data.limit, progress=progress)
        self._take(paintings)
        torch.manual_seed(config.seed)
        self.net = Classifier(encoder, len(paintings.styles)).to(self.device)
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net) if config.optimizer.ema else self.net
        self.trainable = {n: p for n, p in self.net.named_parameters() if p.requires_grad}
        self.optimizer = torch.optim.Adam(
            self.trainable.values(), lr=config.optimizer.lr, betas=config.optimizer.betas)
        if resumed is not None:
            self._restore(*resumed)
        if self.precision == torch.bfloat16:
            for net in (self.net, self.average):
                net.to(memory_format=torch.channels_last)

    @property
    def done(self) -> float:
        """Give how much of the schedule is done, in [0, 1]."""
        return progress_of(self.config.schedule, len(self.train), self.step, self.seen,
                           self.seconds)

    def run(self) -> Path:
        """Train to the end of the schedule, then measure.

        Returns:
            The file of the encoder's weights; the figures lie in ``config.report_file``.
        """
        if not self.before:
            self.before = self._measure()
        report = Report(self.config.state_file.parent, False, self.progress, self.done)
        try:
            with interruptible() as check_interrupt:
                self._loop(report, check_interrupt)
        finally:
            # Also after Ctrl-C or an error: a step is either done or never happened.
            self.save()
            report.close()
        self._write_report(self._measure())
        return Path(self.config.output)

    def _loop(self, report: Report, check_interrupt: Callable[[], None]) -> None:
        self.net.train()
        saved = time.monotonic()
        while (done := self.done) < 1:
            started = time.perf_counter()
            rate = learning_rate(self.config.optimizer, self.step, done)
            parts = self._one_step(rate)
            self.step += 1
            self.seen += self.config.batch
            took = time.perf_counter() - started
            self.seconds += took
            report.step(self.step, self.done, parts, rate, self.config.batch, took)
            check_interrupt()
            if time.monotonic() - saved > self.config.runtime.save_every:
                self.save()
                saved = time.monotonic()

    def save(self) -> None:
        """Write the state to resume from, and the encoder as it is now."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        if self.average is not self.net:
            tensors.update({f"average.{k}": v for k, v in self.average.state_dict().items()})
        names: dict[Tensor, str] = {p: n for n, p in self.trainable.items()}
        tensors.update(optimizer_tensors(self.optimizer, names))
        save_state(self.config.state_file, tensors, {
            "step": self.step, "seen": self.seen, "seconds": self.seconds, "before": self.before,
            "styles": list(self.styles), "paintings": len(self.labels),
            "config": self._identity(),
        })
        save_encoder(self.average.encoder, self.config.encoder_spec, Path(self.config.output))

    def _one_step(self, rate: float) -> dict[str, float]:
        config, losses = self.config, self.config.losses
        images, paintings, styles = self.batches.draw(
            self.step, self.seen, config.batch, config.crops, config.data.crop, config.data.zoom)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        embedding, scores = self.net(images, self.precision)
        parts: dict[str, Tensor] = {}
        if losses.cross_entropy:
            parts["cross_entropy"] = losses.cross_entropy * F.cross_entropy(scores, styles)
        if losses.contrastive:
            group_of = paintings if losses.positives == "painting" else styles
            parts["contrastive"] = losses.contrastive * supervised_info_nce(
                embedding, group_of, losses.temperature)
        total = torch.stack(list(parts.values())).sum()
        total.backward()
        norm = torch.zeros(())
        if config.optimizer.clip:
            norm = nn.utils.clip_grad_norm_(self.trainable.values(), config.optimizer.clip)
        if not (torch.isfinite(total) and torch.isfinite(norm)):
            raise ConfigError(f"the loss or its gradient became infinite at step {self.step}; set "
                              "runtime.precision = 'float32' and resume, or begin afresh with a "
                              "lower optimizer.lr")
        self.optimizer.step()
        self._update_average()
        return {name: float(part.detach()) for name, part in parts.items()}

    @torch.no_grad()
    def _update_average(self) -> None:
        if self.average is self.net:
            return
        # Young averages forget faster, so that the random start doesn't linger.
        decay = min(self.config.optimizer.ema, (1 + self.step) / (10 + self.step))
        own = self.net.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(own[name], 1 - decay)
            else:
                value.copy_(own[name])

    def _take(self, paintings: Paintings) -> None:
        """Split the paintings and make ready to draw from them."""
        self.styles, self.labels = paintings.styles, paintings.labels
        out = held_out(paintings.names, paintings.labels, self.config.data.held_out)
        self.held = [i for i, kept in enumerate(out) if kept]
        self.train = [i for i, kept in enumerate(out) if not kept]
        self.crops = Crops(paintings.pictures, self.device)
        self.batches = BalancedBatches(self.crops, self.labels, self.train, self.config.seed)

    def _start(self) -> None:
        """Give a fresh encoder its first weights."""
        encoder, data = self.net.encoder, self.config.data
        encoder.initialize(self.config.encoder_weights or None)
        count = min(CALIBRATION, len(self.train))
        indices = [self.train[i * len(self.train) // count] for i in range(count)]
        chance = torch.rand(count, 4, generator=torch.Generator().manual_seed(self.config.seed))
        encoder.calibrate(self.crops.cut(indices, data.crop, chance, data.zoom))

    def _measure(self) -> dict[str, float]:
        data = self.config.data
        return measure(self.average, self.crops, self.labels, self.train, self.held,
                       data.crop, data.zoom, self.precision)

    def _write_report(self, after: dict[str, float]) -> None:
        record = {
            "paintings": {"trained_on": len(self.train), "held_out": len(self.held)},
            "styles": list(self.styles),
            "before": self.before, "after": after,
            "steps": self.step, "paintings_seen": self.seen,
            "minutes": round(self.seconds / 60, 2), "hardware": self.device.type,
            "precision": str(self.precision).removeprefix("torch."),
            "config": self._identity(),
        }
        try:
            self.config.report_file.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
        except OSError as problem:
            raise CheckpointError(f"the report can't be written to {self.config.report_file} "
                                  f"({problem}); make room, then start again") from problem

    def _identity(self) -> dict[str, Any]:
        """Give the part of the configuration that a resumed run must share."""
        table = self.config.to_table()
        for free in ("output", "runtime", "schedule"):
            table.pop(free)
        return json.loads(json.dumps(table))  # type: ignore[no-any-return]

    def _read_state(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        file = self.config.state_file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise CheckpointError(f"nothing can be written to output = {self.config.output!r} "
                                  f"({problem.strerror}); choose another place") from problem
        if not file.exists():
            return None
        tensors, record = load_state(file)
        before, now = _flat(record.get("config", {})), _flat(self._identity())
        changed = [key for key in now if before.get(key) != now[key]]
        if changed:
            raise ConfigError(f"{file} comes from a run with another {', '.join(changed)}; choose "
                              "another output, put the old configuration back, or start over "
                              "with restart")
        return tensors, record

    def _restore(self, tensors: dict[str, Tensor], record: dict[str, Any]) -> None:
        found = (record["styles"], record["paintings"])
        if found != (list(self.styles), len(self.labels)):
            raise ConfigError(f"{self.config.state_file} comes from a run with {found[1]} paintings"
                              f" of {len(found[0])} styles, now there are {len(self.labels)} of "
                              f"{len(self.styles)}; put them back, or start over with restart")
        nets = {"net.": self.net, "average.": self.average}
        if self.average is self.net:
            nets.pop("average.")
        try:
            for prefix, net in nets.items():
                net.load_state_dict({k[len(prefix):]: v for k, v in tensors.items()
                                     if k.startswith(prefix)})
        except RuntimeError as problem:
            raise CheckpointError(f"{self.config.state_file} comes from another version of the "
                                  f"encoder ({problem}); delete it to begin afresh") from problem
        names: dict[Tensor, str] = {p: n for n, p in self.trainable.items()}
        restore_optimizer(self.optimizer, names, tensors)
        self.step, self.seen = record["step"], record["seen"]
        self.seconds, self.before = record["seconds"], record["before"]


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """Name values ``"table.key"`` where they lie in a table."""
    return {
        f"{key}.{name}" if isinstance(value, dict) else key: inner
        for key, value in table.items()
        for name, inner in (value if isinstance(value, dict) else {"": value}).items()
    }
