"""What every training's configuration has, on one that has nothing else."""

from __future__ import annotations

import dataclasses
import glob
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest

from stylemix.errors import ConfigError
from stylemix.plugins.rules import WHOLE
from stylemix.training import TrainConfig
from stylemix.training.encoder import PretrainConfig
from stylemix.training.features import DistillConfig
from stylemix.training.run_config import (
    File,
    HardwareConfig,
    OptimizerConfig,
    RunConfig,
    ScheduleConfig,
    WeightsFileConfig,
    under,
    without_detours,
)


@dataclass(frozen=True, kw_only=True)
class Bare(WeightsFileConfig):
    EXAMPLE = "bare.safetensors"
    FREE = (*RunConfig.FREE, "source")

    source: File = ""
    sizes: tuple[int, ...] = (1, 2)
    schedule: Annotated[ScheduleConfig, WHOLE] = field(
        default_factory=lambda: ScheduleConfig(steps=3)
    )


def test_a_file_and_its_paths(tmp_path):
    (tmp_path / "c.toml").write_text('output = "o/b.safetensors"\n[optimizer]\nlr = 0.5\n')
    found = Bare.from_toml(tmp_path / "c.toml")
    assert (found.output, found.source) == (str(tmp_path / "o" / "b.safetensors"), "")
    assert (found.optimizer.lr, found.schedule.steps) == (0.5, 3)
    assert found.report_file == tmp_path / "o" / "b.json"
    assert found.state_file == tmp_path / "o" / "b.state.safetensors"
    assert Bare.from_table(found.to_table()) == found


def test_absolute_paths_and_those_of_the_home_folder_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert under(Path("/base"), str(tmp_path / "x")) == str(tmp_path / "x")
    assert under(Path("/base"), "~/x") == str(tmp_path / "me" / "x")
    assert under(Path("/base"), "") == ""


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("../data", "/a/data"),
        ("./photos/../art/", "/a/plans/art"),
        ("/x/y/../../z.safetensors", "/z.safetensors"),
        ("../photos/*/small-*.jpg", "/a/photos/*/small-*.jpg"),
        ("../../**/*.png", "/**/*.png"),
        ("../shards/photos-[0-9].tar", "/a/shards/photos-[0-9].tar"),
        ("photos/*/../x.jpg", "/a/plans/photos/*/../x.jpg"),  # only folders beside x.jpg match it
        ("", ""),
    ],
)
def test_one_place_has_one_name(path, wanted):
    found = under(Path("/a/plans"), path)
    assert found == (wanted and str(Path(wanted)))
    assert under(Path("/elsewhere"), found) == found


def test_a_pattern_finds_the_same_by_its_short_name(tmp_path):
    for name in ("photos/one/1.jpg", "photos/two/2.jpg", "plans/plan.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    pattern = str(tmp_path / "plans" / ".." / "photos" / "**" / "*.jpg")
    short = without_detours(pattern)
    assert ".." not in Path(short).parts
    long_names, short_names = (glob.glob(p, recursive=True) for p in (pattern, short))
    assert sorted(map(os.path.realpath, long_names)) == sorted(short_names)
    assert len(short_names) == 2


def test_what_lies_above_a_linked_folder_is_named_through_the_link(tmp_path):
    (tmp_path / "far" / "photos").mkdir(parents=True)
    try:
        (tmp_path / "link").symlink_to(tmp_path / "far" / "photos", target_is_directory=True)
    except OSError:
        pytest.skip("links can't be made here")
    path = str(tmp_path / "link" / ".." / "data")
    assert without_detours(path) == path  # far/data, where tmp_path/data would be another folder
    straight = str(tmp_path / "link" / "sub" / ".." / "data")
    assert without_detours(straight) == str(tmp_path / "link" / "data")


def test_identity_is_what_a_resumed_run_must_share():
    one = Bare(output="a.safetensors", seed=3)
    assert set(one.identity()) == {"sizes", "seed", "optimizer"}
    assert one.identity()["sizes"] == [1, 2]  # as JSON gives it back
    assert one.identity() == json.loads(json.dumps(one.identity()))
    same = Bare(
        output="b.safetensors",
        source="x",
        seed=3,
        schedule=ScheduleConfig(minutes=2),
        runtime=HardwareConfig(device="cpu"),
    )
    assert same.identity() == one.identity()
    for changes in ({"seed": 4}, {"sizes": (1,)}, {"optimizer": OptimizerConfig(lr=9.0)}):
        assert dataclasses.replace(one, **changes).identity() != one.identity()


@pytest.mark.parametrize(
    ("kind", "free"),
    [
        (TrainConfig, {"output", "runtime", "schedule", "description"}),
        (DistillConfig, {"output", "runtime", "schedule", "teacher"}),
        (PretrainConfig, {"output", "runtime", "schedule"}),
    ],
)
def test_what_each_training_may_change_on_the_way(kind, free):
    config = kind.from_table({"output": "x.safetensors"})
    assert config.to_table().keys() - config.identity().keys() == free


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": "x.pt"}, r"output must be a file name that ends in \.safetensors, got 'x\.pt'"),
        ({"seed": -1}, r"seed must be a whole number >= 0 and below 4294967296, got -1"),
        ({"seed": 2**32}, "seed must be"),
        ({"optimizer": {"lr": 0}}, r"optimizer\.lr must be a number above 0, got 0"),
        (
            {"optimizer": {"betas": [0.9, 1]}},
            r"optimizer\.betas\[1\] must be a number >= 0 and below 1, got 1",
        ),
        (
            {"optimizer": {"betas": [0.9]}},
            r"optimizer\.betas must be a list of 2 values, each a number >= 0 .* got \[0\.9\]",
        ),
        ({"optimizer": {"ema": 1}}, r"optimizer\.ema must be a number >= 0 and below 1, got 1"),
        ({"optimizer": {"clip": -1}}, r"optimizer\.clip must be a number >= 0, got -1"),
        ({"optimizer": {"warmup": -1}}, r"optimizer\.warmup must be a whole number >= 0"),
        (
            {"optimizer": {"final": 1.1}},
            r"optimizer\.final must be a number >= 0 and <= 1, got 1\.1",
        ),
        ({"schedule": {}}, "exactly one of epochs, steps, minutes"),
        ({"schedule": {"steps": 1, "epochs": 1}}, "exactly one"),
        ({"schedule": {"steps": 1, "epochs": -1}}, r"schedule\.epochs must be a number >= 0"),
        ({"runtime": {"precision": "half"}}, "one of auto, float32, bfloat16, got 'half'"),
        ({"runtime": {"save_every": -1}}, r"runtime\.save_every must be a number >= 0"),
    ],
)
def test_wrong_values_are_named(changes, said):
    with pytest.raises(ConfigError, match=said):
        Bare.from_table({"output": "x.safetensors", **changes})


def test_only_fields_are_keys():
    """What the class holds beside its fields is nothing that a file can set, nor in the list."""
    for key in ("EXAMPLE", "FREE"):
        with pytest.raises(ConfigError, match=rf"unknown key '{key}'") as caught:
            Bare.from_table({"output": "x.safetensors", key: "y"})
        assert "(known: output, seed, optimizer, schedule, runtime, source, sizes)" in str(
            caught.value
        )


def test_without_an_output_an_example_is_given():
    with pytest.raises(ConfigError, match=r'lacks output = "bare\.safetensors"'):
        Bare.from_table({"seed": 1})


def test_paths_wherever_they_stand_are_anchored(tmp_path):
    (tmp_path / "c.toml").write_text('output = "b.safetensors"\nsource = "in/../in/x"\n')
    assert Bare.from_toml(tmp_path / "c.toml").source == str(tmp_path / "in" / "x")
    walk = {"walk": {"model": "mine/film"}, "data": {"content": ["a", "/b"]}}
    found = DistillConfig.from_table({"output": "x.safetensors", **walk}, tmp_path)
    assert found.walk.model == str(tmp_path / "mine" / "film")
    assert found.data.content == (str(tmp_path / "a"), "/b")
    assert found.teacher == ""


def test_a_table_adds_to_the_default_and_a_schedule_replaces_it():
    found = Bare.from_table(
        {"output": "x.safetensors", "optimizer": {"lr": 0.5}, "schedule": {"minutes": 2}}
    )
    assert found.optimizer == OptimizerConfig(lr=0.5)
    assert found.schedule == ScheduleConfig(minutes=2)


def test_a_configuration_is_a_dataclass_with_named_fields():
    assert dataclasses.is_dataclass(RunConfig) and dataclasses.is_dataclass(WeightsFileConfig)
    names = [f.name for f in dataclasses.fields(RunConfig)]
    assert names == ["output", "seed", "optimizer", "schedule", "runtime"]
    with pytest.raises(TypeError):
        Bare("x.safetensors")
    with pytest.raises(TypeError, match="abstract"):
        RunConfig(output="x", schedule=ScheduleConfig(steps=1))
