"""A training that can be stopped between any two steps and goes on where it was."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from stylemix.errors import CheckpointError, ConfigError
from stylemix.ops import usable_device, usable_precision
from stylemix.training.changes import changed_keys, completed
from stylemix.training.interrupt import interruptible
from stylemix.training.log import TrainingLog
from stylemix.training.run_config import RunConfig
from stylemix.training.schedule import learning_rate, progress_of
from stylemix.training.state import load_state, optimizer_tensors, restore_optimizer, save_state

C = TypeVar("C", bound=RunConfig)
Earlier = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors and record of a saved state."""


class Stateful(Protocol):
    """What a run keeps: modules, and what looks like one to those who save it."""

    def state_dict(self) -> Mapping[str, Tensor]:
        """Give the tensors by name."""

    def load_state_dict(self, state: Any, /) -> object:
        """Take them back."""


class ResumableRun(ABC, Generic[C]):
    """The loop over steps, the state on disk, and going on from it.

    With a schedule in steps or epochs, on the CPU, a resumed run equals an uninterrupted one bit
    by bit, if what a step draws depends on its number only.

    A subclass gives the steps. Its ``__init__`` asks for :meth:`_earlier`, makes what it trains,
    hands that to :meth:`_optimize`, and hands the earlier state, if there was one, to
    :meth:`_restore`.

    Args:
        config: everything about the run.
        progress: show bars.

    Attributes:
        config: everything about the run.
        device: where it runs.
        precision: of the networks' autocast.
        step: steps done, all sessions together.
        seen: pictures used, counted with repetition.
        seconds: spent in steps.
        optimizer: Adam, over :attr:`trainable`.
        trainable: the parameters that it trains, by name.

    Raises:
        ConfigError: the device can't be used.
    """

    subject: ClassVar[str] = "stylemix"
    """What a state that doesn't fit comes from another version of."""
    place: ClassVar[tuple[str, str]] = ("place", "output")
    """What else to choose where nothing can be written, or where another run has been."""
    compared_whole: ClassVar[tuple[str, ...]] = ()
    """Tables of the configuration that are named alone where they differ."""

    optimizer: torch.optim.Optimizer
    trainable: dict[str, nn.Parameter]

    def __init__(self, config: C, progress: bool) -> None:
        self.config = config
        self.progress = progress
        self.device = usable_device(config.runtime.device, "runtime.device")
        self.precision = usable_precision(config.runtime.precision, self.device)
        if self.device.type == "cuda":
            # Crops have few sizes, so measuring the fastest convolutions for each pays.
            torch.backends.cudnn.benchmark = True
        self.step = self.seen = 0
        self.seconds = 0.0

    @property
    def state_file(self) -> Path:
        """Name the file of the state to resume from."""
        return self.config.state_file

    @property
    def done(self) -> float:
        """Give how much of the schedule is done, in [0, 1]."""
        return progress_of(self.config.schedule, self._epoch(), self.step, self.seen, self.seconds)

    def run(self) -> Path:
        """Train to the end of the schedule.

        Returns:
            The configuration's output.
        """
        log = self._open_log()
        try:
            with interruptible() as check_interrupt:
                self._loop(log, check_interrupt)
        finally:
            # Also after Ctrl-C or an error: a step is either done or never happened.
            self._stop(log)
            log.close()
        self._finish()
        return Path(self.config.output)

    def save(self) -> None:
        """Write the state to resume from, and the output as it is now."""
        tensors = {
            f"{part}.{name}": value
            for part, kept in self._parts().items()
            for name, value in kept.state_dict().items()
        }
        tensors.update(optimizer_tensors(self.optimizer, self._names()))
        save_state(
            self.state_file,
            tensors,
            {
                "step": self.step,
                "seen": self.seen,
                "seconds": self.seconds,
                **self._record(),
                "config": self.config.identity(),
            },
        )
        self._save_output()

    @abstractmethod
    def _epoch(self) -> int:
        """Give how many pictures one epoch has."""

    @abstractmethod
    def _parts(self) -> Mapping[str, Stateful]:
        """Give what to save and to restore, by the prefix of its tensors' names."""

    @abstractmethod
    def _one_step(self, rate: float) -> tuple[dict[str, float], int]:
        """Make a step with :meth:`_descend`; give its losses and how many pictures it used."""

    @abstractmethod
    def _save_output(self) -> None:
        """Write the output as it is now."""

    def _record(self) -> dict[str, Any]:
        """Give what the state has to hold beside tensors and counters."""
        return {}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        """Take back what :meth:`_record` gave, before anything else is restored."""

    def _open_log(self) -> TrainingLog:
        return TrainingLog(self.state_file.parent, False, self.progress, self.done)

    def _before_step(self, done: float) -> None:
        """Get ready for a step at a progress in [0, 1]."""

    def _after_step(self, log: TrainingLog) -> None:
        """Show something of the step that was made."""

    def _stop(self, log: TrainingLog) -> None:
        """Leave what the next session needs, however this one ends."""
        self.save()

    def _finish(self) -> None:
        """Do what is left to do at the end of the schedule."""

    def _loop(self, log: TrainingLog, check_interrupt: Callable[[], None]) -> None:
        saved = time.monotonic()
        while (done := self.done) < 1:
            started = time.perf_counter()
            self._before_step(done)
            rate = learning_rate(self.config.optimizer, self.step, done)
            self.optimizer.zero_grad(set_to_none=True)
            losses, count = self._one_step(rate)
            self.step += 1
            self.seen += count
            took = time.perf_counter() - started
            self.seconds += took
            log.step(self.step, self.done, losses, rate, count, took)
            check_interrupt()
            if time.monotonic() - saved > self.config.runtime.save_every:
                self.save()
                saved = time.monotonic()
            self._after_step(log)

    def _optimize(self, trainable: dict[str, nn.Parameter]) -> None:
        """Take the parameters to train."""
        given = self.config.optimizer
        self.trainable = trainable
        self.optimizer = torch.optim.Adam(trainable.values(), lr=given.lr, betas=given.betas)

    def _descend(self, loss: Tensor, rate: float) -> None:
        """Make the optimiser's step down the gradient of a loss.

        Raises:
            ConfigError: loss or gradient aren't finite; nothing has been changed then.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.zeros(())
        if self.config.optimizer.clip:
            norm = nn.utils.clip_grad_norm_(self.trainable.values(), self.config.optimizer.clip)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise ConfigError(
                f"the loss or its gradient became infinite at step {self.step}; set "
                "runtime.precision = 'float32' and resume, or begin afresh with a "
                "lower optimizer.lr"
            )
        self.optimizer.step()

    def _earlier(self, restart: bool) -> Earlier | None:
        """Make the output's folder, and read the state of an earlier run with the same output.

        Args:
            restart: leave such a state alone.

        Raises:
            ConfigError: the earlier run had another configuration.
            CheckpointError: its state is damaged, or nothing can be written.
        """
        file, (place, output) = self.state_file, self.place
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise CheckpointError(
                f"nothing can be written to output = {self.config.output!r} "
                f"({problem.strerror}); choose another {place}"
            ) from problem
        if restart or not file.exists():
            return None
        tensors, record = load_state(file)
        changed = changed_keys(
            completed(type(self.config), record.get("config", {})),
            self.config.identity(),
            self.compared_whole,
        )
        if changed:
            raise ConfigError(
                f"{file} comes from a run with another {', '.join(changed)}; choose "
                f"another {output}, put the old configuration back, or start over "
                "with restart"
            )
        return tensors, record

    def _restore(self, earlier: Earlier) -> None:
        """Put an earlier state back into what this run has made.

        Raises:
            CheckpointError: it doesn't fit.
        """
        tensors, record = earlier
        try:
            self._take_record(record)
            for part, kept in self._parts().items():
                prefix = f"{part}."
                kept.load_state_dict(
                    {
                        name.removeprefix(prefix): value
                        for name, value in tensors.items()
                        if name.startswith(prefix)
                    }
                )
        except (KeyError, RuntimeError) as problem:
            raise CheckpointError(
                f"{self.state_file} comes from another version of "
                f"{self.subject} ({problem}); delete it to begin afresh"
            ) from problem
        restore_optimizer(self.optimizer, self._names(), tensors)
        self.step, self.seen = record["step"], record["seen"]
        self.seconds = record["seconds"]

    def _names(self) -> dict[Tensor, str]:
        return {parameter: name for name, parameter in self.trainable.items()}
