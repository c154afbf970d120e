"""Inputs of a generator's graph to calibrate int8 with."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_palette_model

from stylemix.errors import PictureError
from stylemix.export.calibrating import HELD_OUT, calibration
from stylemix.export.graphs import GeneratorGraph, codes


@torch.inference_mode()
def test_checks_are_what_the_graph_draws_of_their_inputs():
    model = tiny_palette_model()
    found = calibration(model, [picture(seed, 40, 48)[0] for seed in range(9)])
    assert len(found.checks) == 3 and len(found.samples) == 9 - 9 // HELD_OUT - 1
    graph = GeneratorGraph(model)
    for inputs, wanted in found.checks:
        assert list(inputs) == ["content", *codes(model)]
        torch.testing.assert_close(graph(*inputs.values()), wanted, atol=1e-4, rtol=0)
    contents = [s["content"] for s in found.samples] + [c["content"] for c, _ in found.checks]
    assert len({float(c.sum()) for c in contents}) == 9  # nothing is in both


def test_a_picture_that_cannot_be_read_is_named():
    with pytest.raises(PictureError, match=r"nowhere\.png"):
        calibration(tiny_palette_model(), ["nowhere.png"] * 8)
