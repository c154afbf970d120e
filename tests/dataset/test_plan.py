from __future__ import annotations

import json
import pickle

from dataset_setup import prepared

from stylemix.dataset.plan import make_units
from stylemix.dataset.sample import Piece


def test_units_are_numbered_in_their_groups():
    pieces = [Piece(g, 1, i) for i, g in enumerate(["a", "a", "b", "a"])]
    units = make_units(pieces)
    assert [u.index for u in units] == [0, 1, 2, 3]
    assert [(u.number, u.of) for u in units] == [(0, 3), (1, 3), (0, 1), (2, 3)]
    assert [u.piece for u in units] == pieces


def test_the_identity_is_json_and_tells_what_counts(tree, paintings, tmp_path, model):
    setup, _ = prepared(tree, paintings, tmp_path / "a", model, strength=(0.5, 1))
    identity = setup.identity({"files": 1})
    assert json.loads(json.dumps(identity)) == identity
    assert identity["model"]["sha256"] == setup.model.sha256
    # Where it lies is no part of it: a data set may move.
    assert str(tmp_path) not in json.dumps(identity)
    other, _ = prepared(tree, paintings, tmp_path / "b", model, strength=(0.5, 1), seed=1)
    assert other.identity({"files": 1}) != identity


def test_a_setup_is_small_and_travels(tree, paintings, tmp_path, model):
    setup, units = prepared(tree, paintings, tmp_path / "out", model)
    assert len(pickle.dumps((setup, units))) < 10_000
    assert pickle.loads(pickle.dumps(setup)).options == setup.options
