from __future__ import annotations

import pytest
from distillation_cases import config, table

from stylemix.errors import ConfigError
from stylemix.training.features import DistillConfig


def test_a_table_comes_back(tmp_path):
    done = config(tmp_path, tmp_path / "t")
    assert DistillConfig.from_table(done.to_table()) == done
    assert done.output == str(tmp_path / "thin.safetensors")
    assert done.data.content == (str(tmp_path / "content"),)
    assert done.report_file.name == "thin.json"
    assert done.state_file.name == "thin.state.safetensors"


def test_a_models_name_is_no_path_and_a_folder_is_one(tmp_path):
    assert config(tmp_path, tmp_path, walk={"model": "film"}).walk.model == "film"
    assert config(tmp_path, tmp_path, walk={"model": "./mine"}).walk.model == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": "thin.pt"}, "output"),
        ({"channels": [8, 8, 8]}, r"channels must be a list of 4 values, each a whole number >= 1"),
        ({"channels": [8, 8, 0, 8]}, r"channels\[2\] must be a whole number >= 1, got 0"),
        ({"channels": [8, 8, 8, 513]}, "teacher's"),
        ({"start": "zero"}, "teacher, random"),
        ({"batch": 3}, "batch must be a whole number >= 2 and a multiple of 2, got 3"),
        ({"batch": 0}, "batch must be a whole number >= 2"),
        ({"seed": -1}, "seed"),
        ({"data": {"crop": 20}}, "multiple of 8"),
        ({"data": {"zoom": 0.5}}, "zoom"),
        ({"data": {"side": 8}}, "side"),
        ({"data": {"limit": -1}}, "limit"),
        ({"walk": {"walkers": -1}}, "walkers"),
        ({"walk": {"batch": 9}}, "walk.batch"),
        ({"walk": {"life": 0}}, "walk.life"),
        ({"losses": {"feature": 0, "gram": 0}}, "above 0"),
        ({"losses": {"gram": -1}}, "losses"),
        ({"optimizer": {"lr": 0}}, "lr"),
        ({"schedule": {"steps": 3, "minutes": 1}}, "exactly one"),
        ({"runtime": {"precision": "half"}}, "precision"),
        ({"chanels": [1]}, "did you mean"),
        ({"losses": {"gramm": 1}}, "did you mean"),
        ({"batch": True}, "whole number"),
    ],
)
def test_wrong_values_are_named(tmp_path, changes, said):
    with pytest.raises(ConfigError, match=said):
        config(tmp_path, tmp_path / "t", **changes)


def test_without_an_output(tmp_path):
    wrong = table(tmp_path)
    wrong.pop("output")
    with pytest.raises(ConfigError, match="lacks output"):
        DistillConfig.from_table(wrong)
