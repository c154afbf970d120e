"""Which models can have identity pairs, and what becomes of a plan for those that can't."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from helpers import tiny_config, tiny_model
from training_cases import config, environment, raw, table, write_toml

from stylemix.errors import ConfigError
from stylemix.stylizers import build
from stylemix.training import Trainer
from stylemix.training.model.identity import fit_identity

PHASE = {"crop": 16, "batch": 4, "style_crop": [16]}
NO_STYLE = {**tiny_config(), "encoder": {"name": "none"}, "injections": []}
FIXED = {
    **tiny_config({"name": "film", "sites": ["*"]}),
    "encoder": {"name": "table", "styles": ["0", "1", "2", "3"]},
}
CANNOT = pytest.mark.parametrize(
    ("model", "reason"),
    [
        (NO_STYLE, "no style enters the model"),
        (FIXED, "the model knows no styles but those it was made for"),
    ],
    ids=["no style", "fixed styles"],
)


def test_a_model_that_can_have_them_keeps_what_it_was_given(tmp_path, caplog):
    plan = config(tmp_path, phases=[PHASE, {**PHASE, "identity": 0.3}])
    assert [p.identity for p in plan.phases] == [0.1, 0.3]
    assert fit_identity(plan, tiny_model()) is plan
    assert not caplog.records


@CANNOT
def test_the_default_is_left_out_and_said_so_once(tmp_path, caplog, model, reason):
    plan = config(tmp_path, phases=[PHASE, {**PHASE, "identity": 0.0}])
    found = fit_identity(plan, build(model))
    assert [p.identity for p in found.phases] == [0.0, 0.0]
    assert plan.phases[0].identity == 0.1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"identity pairs are left out, since {reason}" in record.getMessage()
    caplog.clear()
    assert fit_identity(plan, build(model), quiet=True) == found
    assert fit_identity(found, build(model)) == found  # what was said already
    assert not caplog.records


@CANNOT
def test_samples_in_part_are_refused(tmp_path, caplog, model, reason):
    plan = config(tmp_path, model=model, phases=[{**PHASE, "identity": 0.0, "partial": 0.2}])
    with pytest.raises(ConfigError, match=rf"phases\[0\]\.partial = 0\.2: .* where {reason}"):
        Trainer(plan)


@CANNOT
def test_pairs_that_were_asked_for_are_refused_by_phase_and_value(tmp_path, caplog, model, reason):
    plan = config(tmp_path, model=model, phases=[PHASE, {**PHASE, "identity": 0.25}])
    said = rf"phases\[1\]\.identity = 0\.25: .* where {reason}; set it to 0"
    with pytest.raises(ConfigError, match=said):
        Trainer(plan)
    assert not caplog.records
    assert not (tmp_path / "model").exists()


def test_left_out_is_the_same_training_as_0_and_goes_on_as_one(tmp_path):
    for output, steps, phase in (
        ("a", 4, PHASE),
        ("b", 2, {**PHASE, "identity": 0.0}),
        ("b", 4, PHASE),
    ):
        trainer = Trainer(
            config(
                tmp_path,
                output=output,
                model=NO_STYLE,
                phases=[phase],
                schedule={"steps": steps},
                optimizer={"warmup": 0, "cosine": False},
            )
        )
        trainer.run()
    assert trainer.session.step == 4
    a, b = raw(tmp_path / "a"), raw(tmp_path / "b")
    assert not [k for k in a if not torch.equal(a[k], b[k])]


def test_the_command_line_shows_it(tmp_path):
    path = write_toml(
        tmp_path / "plan.toml",
        table(tmp_path, model=NO_STYLE, phases=[PHASE], schedule={"steps": 1}),
    )
    done = subprocess.run(
        [sys.executable, "-m", "stylemix", "train", str(path)],
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("identity pairs are left out")
