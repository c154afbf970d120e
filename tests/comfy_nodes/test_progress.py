"""Progress and cancelling."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from comfy_pictures import OPTIMISED, STYLED, image
from comfy_surface import Comfy, InterruptProcessingException


def test_progress_runs_to_its_end(comfy: tuple[Comfy, ModuleType], model: Any) -> None:
    seen, pack = comfy
    nodes = sys.modules[f"{pack.__name__}.nodes"]
    style = nodes.EncodeStyle.execute(model, torch.cat([image(1), image(2)]))[0]
    nodes.ApplyStyle.execute(image(0).repeat(3, 1, 1, 1), style, **STYLED)
    assert len(seen.bars) == 2
    for total, values in seen.bars:
        assert values == sorted(values)
        assert values[0] == 0
        assert values[-1] == total


def test_the_picture_so_far_is_shown_while_an_optimisation_runs(
    comfy: tuple[Comfy, ModuleType], model: Any
) -> None:
    seen, pack = comfy
    nodes = sys.modules[f"{pack.__name__}.nodes"]
    style = nodes.EncodeStyle.execute(model, image(1))[0]
    photo = torch.cat([image(0), torch.ones(1, 32, 48, 1)], -1)  # JPEG can't hold opacity
    nodes.ApplyStyle.execute(photo, style, **STYLED)
    assert seen.previews == []
    made = nodes.OptimisePicture.execute(photo, style, **{**OPTIMISED, "steps": 4})[0]
    total, values = seen.bars[-1]
    assert values == [total // 4, total // 2, 3 * total // 4, total]
    assert [(kind, p.mode, p.size) for kind, p, _ in seen.previews] == [
        ("JPEG", "RGB", (48, 32))
    ] * 4
    last = np.asarray(seen.previews[-1][1], np.float32) / 255
    assert np.abs(last - made[0, ..., :3].numpy()).max() <= 1 / 255 + 1e-6
    assert np.abs(np.asarray(seen.previews[0][1], np.float32) / 255 - last).max() > 0.02
    seen.previews.clear()
    nodes.ApplyStyle.execute(photo, style, **STYLED, refine=2)
    assert len(seen.previews) == 2  # the steps; there is nothing to see of the network's pass


@pytest.mark.parametrize("node", ["encode", "apply", "refine", "optimise"])
def test_cancel_passes_through_and_stops(
    comfy: tuple[Comfy, ModuleType], model: Any, node: str
) -> None:
    seen, pack = comfy
    nodes = sys.modules[f"{pack.__name__}.nodes"]
    style = nodes.EncodeStyle.execute(model, image(1))[0]
    seen.bars.clear()
    seen.cancel = lambda: len(seen.bars[0][1]) >= 3
    with pytest.raises(InterruptProcessingException):
        if node == "encode":
            nodes.EncodeStyle.execute(model, image(0).repeat(9, 1, 1, 1))
        elif node == "refine":
            nodes.ApplyStyle.execute(image(0), style, **STYLED, refine=30)
        elif node == "optimise":
            nodes.OptimisePicture.execute(image(0), style, **{**OPTIMISED, "steps": 30})
        else:
            nodes.ApplyStyle.execute(image(0).repeat(9, 1, 1, 1), style, **STYLED)
    assert len(seen.bars[0][1]) == 3
    seen.cancel = lambda: False
    nodes.ApplyStyle.execute(image(0), style, **STYLED)  # the model still works
