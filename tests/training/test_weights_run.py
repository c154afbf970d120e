"""The report that lies beside a file of weights, from real runs of few steps."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from stylemix.errors import CheckpointError
from stylemix.training.encoder import PretrainConfig, Pretrainer
from stylemix.training.weights_run import write_report

sys.path.insert(0, str(Path(__file__).parent / "encoder"))
from pretraining_cases import config


def test_the_report_says_what_was_found_and_how(tmp_path):
    run = Pretrainer(config(tmp_path, schedule={"steps": 2}))
    run.session.seconds = 90.0
    write_report(run.session, {"figure": 0.25}, "paintings_seen")
    found = json.loads(run.config.report_file.read_text("utf-8"))
    assert list(found) == [
        "figure",
        "steps",
        "paintings_seen",
        "minutes",
        "hardware",
        "precision",
        "config",
    ]
    assert (found["figure"], found["steps"], found["minutes"]) == (0.25, 0, 1.5)
    assert (found["hardware"], found["precision"]) == ("cpu", "float32")
    assert found["config"] == run.config.identity()
    run.run()
    found = json.loads(run.config.report_file.read_text("utf-8"))
    assert (found["steps"], found["paintings_seen"]) == (2, 12)


def test_a_report_that_cannot_be_written_is_one_error(tmp_path):
    run = Pretrainer(config(tmp_path))
    run.config.report_file.mkdir()
    with pytest.raises(CheckpointError, match=r"report can't be written to .*encoder\.json"):
        write_report(run.session, {}, "seen")


def test_the_report_lies_beside_the_output():
    given = PretrainConfig(output="a/b.safetensors")
    assert given.report_file == Path("a/b.json")
    assert dataclasses.replace(given, output="c.d.safetensors").report_file == Path("c.d.json")
