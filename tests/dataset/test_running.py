from __future__ import annotations

import pytest
import torch
from dataset_setup import prepared

from stylemix.dataset.running import Here
from stylemix.dataset.state import done
from stylemix.errors import DataError


def test_all_items_are_done_in_one_thread(tree, paintings, tmp_path, model):
    setup, units = prepared(tree, paintings, tmp_path / "out", model, most=2)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with Here(setup, fail_fast=False) as runner:
            assert torch.get_num_threads() == 1
            assert list(runner.run("stylize", units)) == [2, 2, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert done(setup.out) == {0, 1, 2}


def test_an_error_arrives(tree, paintings, tmp_path, model):
    (tree / "cat/b.png").write_bytes(b"")
    setup, units = prepared(tree, paintings, tmp_path / "out", model, most=2)
    with (
        Here(setup, fail_fast=True) as runner,
        pytest.raises(DataError, match="cat/b: it is empty"),
    ):
        list(runner.run("stylize", units))
