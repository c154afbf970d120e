"""A run that fits a line, small enough to follow by hand."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from stylemix.errors import CheckpointError, ConfigError
from stylemix.training.log import TrainingLog
from stylemix.training.run import Session
from stylemix.training.run_config import (
    HardwareConfig,
    OptimizerConfig,
    RunConfig,
    ScheduleConfig,
)
from stylemix.training.schedule import learning_rate
from stylemix.training.state import load_state

EXAMPLES = 10


@dataclass(frozen=True)
class LineConfig(RunConfig):
    output: str
    seed: int = 0
    batch: int = 4
    optimizer: OptimizerConfig = field(
        default_factory=lambda: OptimizerConfig(lr=0.1, warmup=2, cosine=False, clip=0.5)
    )
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=6))
    runtime: HardwareConfig = field(
        default_factory=lambda: HardwareConfig(device="cpu", precision="float32", save_every=1e6)
    )

    @property
    def state_file(self):
        return Path(self.output).parent / "state.safetensors"

    def anchored(self, base):
        return dataclasses.replace(self, output=str(base / self.output))


def batch_of(step, count):
    x = torch.rand(count, 1, generator=torch.Generator().manual_seed(step))
    return x, 3 * x - 1


class Line:
    """A training of a line, with a session of its own."""

    def __init__(self, config, *, restart=False, clock=None):
        self.config = config
        self.session = Session(config, subject="the line", clock=clock)
        torch.manual_seed(config.seed)
        self.net = torch.nn.Linear(1, 1)
        self.note = "none"
        self.turns = []
        self.log = None
        earlier = self.session.earlier(restart)
        self.session.epoch = EXAMPLES
        self.session.optimize(dict(self.net.named_parameters()))
        if earlier is not None:
            self.session.restore(earlier, {"net": self.net}, self.take)

    def take(self, record):
        self.note = record["note"]

    def run(self):
        session = self.session
        self.log = TrainingLog(session.state_file.parent, False, False, session.done)
        with session.turns(self.log, self.save) as turns:
            for turn in turns:
                self.turns.append(turn)
                x, y = batch_of(turn.step, self.config.batch)
                loss = self.loss(x, y)
                session.descent.set(turn.step, turn.rate)
                session.descent(loss)
                session.descent.check()
                session.count(len(x), {"loss": float(loss.detach())})
                self.after()

    def loss(self, x, y):
        return (self.net(x) - y).square().mean()

    def after(self):
        pass

    def save(self):
        self.session.save({"net": self.net}, {"note": f"after {self.session.step}"})


@pytest.fixture
def config(tmp_path):
    return LineConfig(str(tmp_path / "run" / "line.txt"))


def test_equals_a_plain_loop_with_adam(config):
    torch.manual_seed(0)
    net = torch.nn.Linear(1, 1)
    adam = torch.optim.Adam(net.parameters(), lr=1.0)
    for step in range(6):
        adam.param_groups[0]["lr"] = 0.1 * min(1, (step + 1) / 2)
        x, y = batch_of(step, 4)
        adam.zero_grad()
        (net(x) - y).square().mean().backward()
        norm = torch.stack([p.grad.square().sum() for p in net.parameters()]).sum().sqrt()
        for p in net.parameters():
            p.grad.mul_((0.5 / (norm + 1e-6)).clamp(max=1))
        adam.step()
    run = Line(config)
    assert run.session.done == 0
    run.run()
    session = run.session
    assert (session.step, session.seen, session.done) == (6, 24, 1.0)
    for ours, wanted in zip(run.net.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-6, atol=1e-7)
    assert float(torch.cat([p.grad.flatten() for p in run.net.parameters()]).norm()) <= 0.5 + 1e-6


def test_turns_say_number_progress_and_rate(config):
    run = Line(dataclasses.replace(config, schedule=ScheduleConfig(steps=2)))
    run.run()
    assert [(t.step, t.done) for t in run.turns] == [(0, 0.0), (1, 0.5)]
    assert [t.rate for t in run.turns] == [
        learning_rate(config.optimizer, n, n / 2) for n in range(2)
    ]
    assert run.log.smooth.keys() == {"loss", "images/s"}


def test_losses_that_come_seldom_are_reported_with_all_pictures_since(config):
    told = []

    class Told(TrainingLog):
        def step(self, number, done, losses, rate, images, seconds):
            told.append((number, dict(losses), images, seconds > 0))

    session = Line(config).session
    log = Told(session.state_file.parent, False, False, 0.0)
    with session.turns(log, lambda: None) as turns:
        for turn in turns:
            session.count(4, {"loss": 1.0} if turn.step % 3 == 2 else None)
    assert told == [(3, {"loss": 1.0}, 12, True), (6, {"loss": 1.0}, 12, True)]


def test_a_clock_takes_the_place_of_the_schedule(config):
    done = iter([0.0, 0.0, 0.4, 0.5, 0.9, 1.5, 1.5])
    run = Line(config, clock=lambda: next(done))
    run.run()
    assert [t.done for t in run.turns] == [0.0, 0.5]  # asked for reports in between
    assert run.session.step == 2


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [
        (ScheduleConfig(epochs=1), 3),  # of 10 examples, 4 a step
        (ScheduleConfig(epochs=0.8), 2),
        (ScheduleConfig(minutes=1e-9), 1),
    ],
)
def test_other_schedules(config, schedule, steps):
    run = Line(dataclasses.replace(config, schedule=schedule))
    run.run()
    assert run.session.step == steps
    assert run.session.seconds > 0


@pytest.mark.parametrize("at", [1, 5])
def test_a_stopped_run_goes_on_bit_by_bit(config, tmp_path, at):
    class Stopped(Line):
        def loss(self, x, y):
            if self.session.step == at:
                raise KeyboardInterrupt
            return super().loss(x, y)

    whole = dataclasses.replace(config, output=str(tmp_path / "whole" / "line.txt"))
    Line(whole).run()
    first = Stopped(config)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = Line(config)
    assert (second.session.step, second.session.seen) == (at, 4 * at)
    assert second.note == f"after {at}"
    assert second.session.seconds == first.session.seconds
    second.run()
    ours, theirs = (load_state(c.state_file) for c in (config, whole))
    assert ours[0].keys() == theirs[0].keys() >= {"net.weight", "optimizer.bias.exp_avg"}
    assert not [k for k in ours[0] if not torch.equal(ours[0][k], theirs[0][k])]
    assert {**ours[1], "seconds": 0} == {**theirs[1], "seconds": 0}
    assert ours[1]["config"] == config.identity()
    assert Line(config, restart=True).session.step == 0


def test_saves_as_often_as_told(config):
    class Looking(Line):
        found: list[int]

        def after(self):
            state = self.session.state_file
            self.found.append(load_state(state)[1]["step"] if state.exists() else 0)

    for seconds, wanted in ((1e6, [0, 0, 0]), (0.0, [0, 1, 2])):  # after each turn's body
        run = Looking(
            dataclasses.replace(
                config,
                schedule=ScheduleConfig(steps=3),
                runtime=dataclasses.replace(config.runtime, save_every=seconds),
            ),
            restart=True,
        )
        run.found = []
        run.run()
        assert run.found == wanted
        assert load_state(run.session.state_file)[1]["step"] == 3
        run.session.state_file.unlink()


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_infinite_changes_nothing_and_is_an_error(config, what):
    class Wild(Line):
        def loss(self, x, y):
            # The root's slope at 0 is infinite while its value isn't.
            tip = (self.net.weight - self.net.weight.detach()).abs()
            return (tip.sqrt() if what == "gradient" else 1 / tip).sum()

    run = Wild(config)
    before = {k: v.clone() for k, v in run.net.state_dict().items()}
    with pytest.raises(ConfigError, match=r"infinite at step 0.*float32.*lower optimizer\.lr"):
        run.run()
    assert all(torch.equal(v, before[k]) for k, v in run.net.state_dict().items())
    tensors, record = load_state(config.state_file)
    assert record["step"] == 0
    assert torch.equal(tensors["net.weight"], before["weight"])


def test_gradients_of_a_failed_step_are_not_left_over(config):
    run = Line(config)
    (run.net.weight * 1e3).sum().backward()
    run.run()
    clean = Line(config, restart=True)
    clean.run()
    assert torch.equal(run.net.weight, clean.net.weight)


def test_another_configuration_does_not_go_on(config, tmp_path):
    Line(config).run()
    other = dataclasses.replace(config, batch=5, optimizer=OptimizerConfig(lr=0.2))
    with pytest.raises(ConfigError) as caught:
        Line(other)
    assert str(caught.value) == (
        f"{config.state_file} comes from a run with another optimizer.lr, "
        "optimizer.warmup, optimizer.cosine, optimizer.clip, batch; choose another output, put the "
        "old configuration back, or start over with restart"
    )
    assert Line(other, restart=True).session.step == 0


def test_a_state_that_does_not_fit_is_named(config):
    run = Line(config)
    run.net = torch.nn.Linear(2, 1)
    run.save()
    with pytest.raises(CheckpointError, match=r"(?s)another version of the line .*delete it"):
        Line(config)
    config.state_file.write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="damaged"):
        Line(config)


def test_where_nothing_can_be_written(config, tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(CheckpointError, match="can be written to output.*choose another place"):
        Line(config)
