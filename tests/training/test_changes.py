from __future__ import annotations

import pytest

from stylemix.training.changes import changed_keys

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
