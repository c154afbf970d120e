"""Progress and cancelling."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from comfy_pictures import OPTIMISED, STYLED, image
from comfy_surface import Comfy, InterruptProcessingException
from PIL import Image


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


def test_cancel_keeps_what_an_optimisation_reached(
    comfy: tuple[Comfy, ModuleType], model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    seen, pack = comfy
    nodes = sys.modules[f"{pack.__name__}.nodes"]
    style = nodes.EncodeStyle.execute(model, image(1))[0]
    batch = torch.cat([image(0), image(2)])
    seen.bars.clear()
    seen.previews.clear()
    seen.cancel = lambda: len(seen.previews) >= 7  # in the second picture of four steps each
    with pytest.raises(InterruptProcessingException):
        nodes.ApplyStyle.execute(batch, style, **STYLED, refine=4)
    seen.cancel = lambda: False
    first, second = sorted((seen.base / "output").iterdir())
    assert [first.name, second.name] == [
        "stylemix_cancelled_00001_.png",
        "stylemix_cancelled_00002_.png",
    ]
    done = nodes.ApplyStyle.execute(image(0), style, **STYLED, refine=4)[0]
    with Image.open(first) as picture:
        assert np.array_equal(np.asarray(picture), (done[0].numpy() * 255).round())
    with Image.open(second) as picture:
        reached = np.asarray(picture, np.float32) / 255
    assert np.abs(reached - image(2)[0].numpy()).mean() > 0.01
    assert "stylemix_cancelled_00002_.png" in caplog.text
    assert "stylemix_cancelled_00002_.png" in seen.texts[-1][0]


def test_cancel_of_plain_frames_keeps_nothing(pack: ModuleType, nodes: Any, model: Any) -> None:
    seen = sys.modules["comfy.model_management"]
    style = nodes.EncodeStyle.execute(model, image(1))[0]
    asked = [False, False, False, True]

    def look() -> None:
        if asked.pop(0):
            raise seen.InterruptProcessingException

    sys.modules[f"{pack.__name__}.progress"].throw_exception_if_processing_interrupted = look
    output = sys.modules["folder_paths"].get_output_directory()
    with pytest.raises(InterruptProcessingException):
        nodes.ApplyStyle.execute(image(0).repeat(9, 1, 1, 1), style, **STYLED)
    assert not Path(output).exists()


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
