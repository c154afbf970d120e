"""The distillation: from pictures and VGG-16 to a thin network's weights and its figures."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stylemix import api
from stylemix.backbones import feature_net
from stylemix.distillation.config import DistillConfig, WalkConfig
from stylemix.distillation.inputs import Inputs
from stylemix.distillation.measure import measure
from stylemix.distillation.objective import feature_errors, gram_errors
from stylemix.distillation.start import start_from
from stylemix.distillation.student import Student
from stylemix.distillation.walkers import First, Walkers, recoloured
from stylemix.errors import CheckpointError, ConfigError
from stylemix.images import to_float
from stylemix.losses.style import GRAM_LAYERS
from stylemix.style import StyleMix
from stylemix.stylizers import FeedForward
from stylemix.training.data import Crops, read_pictures
from stylemix.training.hardware import pick_device, pick_precision
from stylemix.training.interrupt import interruptible
from stylemix.training.report import Report
from stylemix.training.schedule import learning_rate, progress_of
from stylemix.training.state import load_state, optimizer_tensors, restore_optimizer, save_state

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

    def __init__(
        self, config: DistillConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        self.config = config
        self.progress = progress
        runtime = config.runtime.runtime()
        self.device = pick_device(runtime)
        self.precision = pick_precision(runtime, self.device)
        self.step = self.seen = 0
        self.seconds = 0.0

        resumed = None if restart else self._read_state()
        self.teacher = feature_net("vgg16", config.teacher or None).to(self.device)
        self._take_pictures()
        torch.manual_seed(config.seed)
        self.net = Student(config.channels).to(self.device)
        self.scales = dict.fromkeys(GRAM_LAYERS, 1.0)
        self.walkers = Walkers(config.walk, self.inputs, _first_pass(config.walk, self.device))
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net)
        self.names: dict[Tensor, str] = {p: n for n, p in self.net.named_parameters()}
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=config.optimizer.lr, betas=config.optimizer.betas)
        if resumed is not None:
            self._restore(*resumed)
        for module in (self.net, self.average, self.teacher):
            module.to(memory_format=torch.channels_last)

    @property
    def done(self) -> float:
        """Give how much of the schedule is done, in [0, 1]."""
        return progress_of(self.config.schedule, len(self.inputs.photographs), self.step,
                           self.seen, self.seconds)

    def run(self) -> Path:
        """Train to the end of the schedule, then measure.

        Returns:
            The file of the student's weights; the figures lie in ``config.report_file``.
        """
        report = Report(self.config.state_file.parent, False, self.progress, self.done)
        try:
            with interruptible() as check_interrupt:
                self._loop(report, check_interrupt)
        finally:
            # Also after Ctrl-C or an error: a step is either done or never happened.
            self.save()
            report.close()
        self._write_report(self.measure())
        return Path(self.config.output)

    def measure(self) -> dict[str, float]:
        """Compare the averaged student with the teacher on the pictures kept for it."""
        return measure(lambda x: self.average(x, self.precision), self._teach, *self.tested)

    def save(self) -> None:
        """Write the state to resume from, and the student as it is now."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors.update({f"average.{k}": v for k, v in self.average.state_dict().items()})
        tensors.update({f"walkers.{k}": v for k, v in self.walkers.state_dict().items()})
        tensors.update(optimizer_tensors(self.optimizer, self.names))
        save_state(self.config.state_file, tensors, {
            "step": self.step, "seen": self.seen, "seconds": self.seconds, "scales": self.scales,
            "config": self._identity(),
        })
        save_state(Path(self.config.output),
                   {k: v.half() for k, v in self.average.tensors().items()},
                   {"channels": list(self.config.channels), "steps": self.step})

    def _loop(self, report: Report, check_interrupt: Callable[[], None]) -> None:
        saved = time.monotonic()
        while (done := self.done) < 1:
            started = time.perf_counter()
            rate = learning_rate(self.config.optimizer, self.step, done)
            parts, count = self._one_step(rate)
            self.step += 1
            self.seen += count
            took = time.perf_counter() - started
            self.seconds += took
            report.step(self.step, self.done, parts, rate, count, took)
            check_interrupt()
            if time.monotonic() - saved > self.config.runtime.save_every:
                self.save()
                saved = time.monotonic()

    def _one_step(self, rate: float) -> tuple[dict[str, float], int]:
        config, weights = self.config, self.config.losses
        images = self.inputs.draw(self.step, config.batch)
        if config.walk.walkers:
            images = torch.cat([images, self.walkers.move(
                self.step, lambda x: self.net(x, self.precision), self.precision)])
        wanted = self._teach(images)
        found = self.net(images, self.precision)
        features = torch.stack(list(feature_errors(found, wanted).values())).mean()
        total = weights.feature * features
        parts = {"feature": features.detach()}
        if weights.gram:
            styles = torch.stack(list(gram_errors(found, wanted, self.precision).values())).mean()
            total = total + weights.gram * styles
            parts["gram"] = styles.detach()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        norm = torch.zeros(())
        if config.optimizer.clip:
            norm = nn.utils.clip_grad_norm_(self.net.parameters(), config.optimizer.clip)
        if not (torch.isfinite(total) and torch.isfinite(norm)):
            raise ConfigError(f"the loss or its gradient became infinite at step {self.step}; set "
                              "runtime.precision = 'float32' and resume, or begin afresh with a "
                              "lower optimizer.lr")
        self.optimizer.step()
        self._update_average()
        return {name: float(part) for name, part in parts.items()}, len(images)

    @torch.no_grad()
    def _teach(self, images: Tensor) -> dict[str, Tensor]:
        """Give the teacher's maps, scaled to unit mean square, float32."""
        with torch.autocast(images.device.type, self.precision,
                            enabled=self.precision == torch.bfloat16):
            seen = self.teacher(images.contiguous(memory_format=torch.channels_last), GRAM_LAYERS)
        return {layer: seen[layer].float() * self.scales[layer] for layer in GRAM_LAYERS}

    @torch.no_grad()
    def _update_average(self) -> None:
        # Young averages forget faster, so that the start doesn't linger; without one the decay
        # is zero and the average is a copy.
        decay = min(self.config.optimizer.ema, (1 + self.step) / (10 + self.step))
        own = dict(self.net.named_parameters())
        for name, value in self.average.named_parameters():
            value.lerp_(own[name], 1 - decay)

    def _take_pictures(self) -> None:
        data = self.config.data

        def read(key: str, side: int, limit: int = 0) -> list[Tensor]:
            return read_pictures(getattr(data, key), side, what=key, limit=limit,
                                 progress=self.progress)

        self.tested = [[to_float(p).to(self.device) for p in read(key, TESTED)]
                       for key in ("test_content", "test_style")]
        photographs, paintings = (Crops(read(key, data.side, data.limit), self.device)
                                  for key in ("content", "style"))
        self.inputs = Inputs(photographs, paintings, data.crop, data.zoom, self.config.seed)

    def _start(self) -> None:
        """Measure the teacher's scale, and give student and walkers their beginning."""
        images = torch.cat([
            self.inputs.cut(crops, CALIBRATION // 2, self.inputs.chance(3, number))
            for number, crops in enumerate((self.inputs.photographs, self.inputs.paintings))])
        squares = dict.fromkeys(GRAM_LAYERS, 0.0)
        for part in images.split(8):
            for layer, seen in self._teach(part).items():
                squares[layer] += float(seen.square().mean()) * len(part) / len(images)
        self.scales = {layer: max(v, 1e-12)**-0.5 for layer, v in squares.items()}
        if self.config.start == "teacher":
            start_from(self.net, self.teacher, self.scales, images)
        self.walkers.begin()

    def _write_report(self, figures: dict[str, float]) -> None:
        record = {
            "pictures": {"photographs": len(self.inputs.photographs),
                         "paintings": len(self.inputs.paintings),
                         "tested": [len(t) for t in self.tested]},
            "figures": figures,
            "steps": self.step, "pictures_seen": self.seen,
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
        for free in ("output", "runtime", "schedule", "teacher"):
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
        try:
            for prefix, own in (("net.", self.net), ("average.", self.average),
                                ("walkers.", self.walkers)):
                own.load_state_dict({k[len(prefix):]: v for k, v in tensors.items()
                                     if k.startswith(prefix)})
        except (RuntimeError, KeyError) as problem:
            raise CheckpointError(f"{self.config.state_file} comes from another version of "
                                  f"stylemix ({problem}); delete it to begin afresh") from problem
        restore_optimizer(self.optimizer, self.names, tensors)
        self.scales = {layer: float(record["scales"][layer]) for layer in GRAM_LAYERS}
        self.step, self.seen = record["step"], record["seen"]
        self.seconds = record["seconds"]


def _first_pass(walk: WalkConfig, device: torch.device) -> First:
    """Give what makes walkers' first pictures: a trained model, or a change of colours."""
    model = walk.model
    if not model or not walk.walkers:
        return recoloured
    trained = api.load(model, device=device)
    if not isinstance(trained, FeedForward):
        raise ConfigError(f"walk.model = {model!r} has no forward pass; name a trained model, or "
                          "leave it empty")

    @torch.no_grad()
    def run(content: Tensor, style: Tensor) -> Tensor:
        out: Tensor = trained(content, StyleMix.single(trained.prepare(style)))
        return out.float().clamp(0, 1)

    return run


def _flat(table: dict[str, Any]) -> dict[str, Any]:
    """Name values ``"table.key"`` where they lie in a table."""
    return {
        f"{key}.{name}" if isinstance(value, dict) else key: inner
        for key, value in table.items()
        for name, inner in (value if isinstance(value, dict) else {"": value}).items()
    }
