from __future__ import annotations

import json

import pytest

from stylemix.training import TrainConfig
from stylemix.training.changes import changed_keys, completed
from stylemix.training.encoder import PretrainConfig

BEFORE = {
    "seed": 1,
    "model": {"name": "film", "width": 8},
    "list": [1, {"a": 2}],
    "optimizer": {"lr": 0.1, "betas": [0.9, 0.99]},
}


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ({}, []),
        ({"seed": 2}, ["seed"]),
        ({"optimizer": {"lr": 0.2, "betas": [0.9, 0.99]}}, ["optimizer.lr"]),
        (
            {"optimizer": {"lr": 0.2, "betas": [0.9, 0.9]}, "seed": 0},
            ["seed", "optimizer.lr", "optimizer.betas"],
        ),
        ({"list": [1, {"a": 3}]}, ["list"]),
        ({"model": {"name": "film", "width": 9}}, ["model.width"]),
        ({"model": {"name": "film"}}, ["model.width"]),  # an option that has gone is a change
        ({"model": {"name": "film", "width": 8, "deep": None}}, ["model.deep"]),
        ({"model": "film"}, ["model"]),
        ({"new": None, "other": 0}, ["other"]),  # what is None says nothing that a lack doesn't
    ],
)
def test_what_differs_is_named_in_the_order_of_the_new_one(now, wanted):
    assert changed_keys(BEFORE, {**BEFORE, **now}) == wanted


def test_a_table_may_be_named_alone():
    now = {**BEFORE, "model": {"name": "concat", "width": 9}, "optimizer": {"lr": 0.3}}
    assert changed_keys(BEFORE, now, ("model",)) == ["model", "optimizer.lr", "optimizer.betas"]
    assert changed_keys(BEFORE, BEFORE, ("model",)) == []


def test_keys_that_are_not_asked_for_do_not_count():
    assert changed_keys({**BEFORE, "gone": 3}, BEFORE) == []


def test_the_same_place_by_another_path_is_no_change():
    before = {"init": "/a/b/../old", "data": {"content": ["/a/b/../photos", "/a/x/../p/*.jpg"]}}
    now = {"init": "/a/old", "data": {"content": ["/a/photos", "/a/p/*.jpg"]}}
    assert changed_keys(before, now) == changed_keys(now, before) == []
    other = {"init": "/a/old", "data": {"content": ["/a/photos", "/a/q/*.jpg"]}}
    assert changed_keys(before, other) == ["data.content"]
    assert changed_keys({"model": "a/../b"}, {"model": "b"}) == ["model"]  # no absolute path


def without(table, *path):
    """Give nested mappings and lists without one key."""
    found = json.loads(json.dumps(table))
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return found


@pytest.mark.parametrize(
    "path", [("data", "bank"), ("phases", 1, "partial"), ("seed",), ("losses", "terms"), ("data",)]
)
def test_a_run_from_before_a_key_existed_has_its_default(path):
    now = TrainConfig.from_table({"output": "x", "phases": [{}, {"crop": 32}]})
    before = without(now.identity(), *path)
    found = completed(TrainConfig, before)
    assert changed_keys(found, now.identity()) == []
    other = TrainConfig.from_table(
        {
            "output": "x",
            "seed": 3,
            "data": {"bank": 2},
            "losses": {"terms": {"a": {}}},
            "phases": [{"style_crop": 256}, {"crop": 32, "partial": 0.5}],
        }
    )
    changed = changed_keys(found, other.identity())
    assert ".".join(path[:1] if path[0] == "phases" else path) in {
        *changed,
        *(key.split(".")[0] for key in changed),
    }


def test_the_default_of_a_field_goes_before_that_of_its_class():
    now = PretrainConfig.from_table({"output": "x.safetensors"})
    before = without(now.identity(), "optimizer")
    assert completed(PretrainConfig, before)["optimizer"]["lr"] == 3e-4
    assert changed_keys(completed(PretrainConfig, before), now.identity()) == []
