"""Whole or in tiles, and what happens where the memory is too small."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_model

from stylemix.errors import MemoryLimitError
from stylemix.injections import FiLM
from stylemix.injections.style import StyleMix
from stylemix.stylizers import rendering
from stylemix.stylizers.rendering import render

FULL = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")


@pytest.fixture
def model():
    return tiny_model()


def given(model, height=160, width=128):
    content = picture(1, height, width)[0]
    with torch.no_grad():
        return content, StyleMix.single(model.prepare(picture(2)))


def refuse(stage, above, problem):
    """Let a stage fail on inputs wider than a number of pixels."""
    def check(module, args):
        if args[0].shape[-1] * module.stride_in > above:
            raise problem

    stage.register_forward_pre_hook(check)


@torch.no_grad()
def test_pictures_above_the_bound_are_tiled_by_themselves(model, monkeypatch):
    content, mix = given(model)
    whole = render(model.generator, content, mix)
    monkeypatch.setattr(rendering, "TILE_ABOVE", 160 * 128 - 1)
    monkeypatch.setattr(rendering, "TILE", 64)
    calls = []
    tiled = render(model.generator, content, mix, None, lambda done, total: calls.append(total))
    assert calls[0] > 6
    assert (tiled - whole).abs().max() < 1e-4
    assert torch.equal(render(model.generator, content, mix, 0), whole)


@torch.no_grad()
@pytest.mark.parametrize("problem", [torch.OutOfMemoryError("CUDA out of memory"), FULL])
def test_what_the_memory_is_too_small_for_is_tiled(model, problem, monkeypatch):
    content, mix = given(model)
    whole = render(model.generator, content, mix)
    monkeypatch.setattr(rendering, "TILE", 128)  # of which the half is tried
    refuse(model.generator.stages[0], 120, problem)
    assert (render(model.generator, content, mix) - whole).abs().max() < 1e-4
    with pytest.raises(type(problem)):
        render(model.generator, content, mix, 0)  # never tiles


@torch.no_grad()
def test_an_injection_that_sees_all_of_the_content_asks_for_a_smaller_size(model, monkeypatch):
    monkeypatch.setattr(FiLM, "tileable", False)
    monkeypatch.setattr(rendering, "TILE", 128)
    content, mix = given(model)
    whole = render(model.generator, content, mix)
    assert (render(model.generator, content, mix, 64) - whole).abs().max() < 1e-4
    for stage in model.generator.stages:
        refuse(stage, 120, FULL)
    with pytest.raises(MemoryLimitError, match="FiLM has to see the whole.*give a smaller size"):
        render(model.generator, content, mix)


@torch.no_grad()
def test_other_errors_are_passed_on(model):
    content, mix = given(model)
    refuse(model.generator.stages[0], 0, RuntimeError("a fault"))
    with pytest.raises(RuntimeError, match="a fault"):
        render(model.generator, content, mix)


@torch.no_grad()
@pytest.mark.parametrize("tile", [0, 64])
def test_the_result_is_of_the_pictures_type_and_size(model, tile):
    content, mix = given(model, 83, 71)
    bytes_ = (content * 255).round().to(torch.uint8)
    exact = bytes_.float() / 255
    floating, whole = (render(model.generator, x, mix, tile) for x in (exact, bytes_))
    assert floating.dtype == torch.float32
    assert whole.dtype == torch.uint8
    assert floating.shape == whole.shape == (3, 83, 71)
    assert (floating * 255 - whole).abs().max() < 0.51
