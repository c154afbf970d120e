"""Progress and cancelling."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch
from comfy_pictures import STYLED, image
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


@pytest.mark.parametrize("node", ["encode", "apply"])
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
        else:
            nodes.ApplyStyle.execute(image(0).repeat(9, 1, 1, 1), style, **STYLED)
    assert len(seen.bars[0][1]) == 3
    seen.cancel = lambda: False
    nodes.ApplyStyle.execute(image(0), style, **STYLED)  # the model still works
