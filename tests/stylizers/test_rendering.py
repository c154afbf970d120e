"""Whole or in tiles, and what happens where the memory is too small."""

from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_model

from stylemix.errors import MemoryLimitError
from stylemix.injections import FiLM
from stylemix.injections.style import StyleMix
from stylemix.stylizers import rendering
from stylemix.stylizers.rendering import add_error, beyond, render

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
    tiled = render(model.generator, content, mix, None, lambda event: calls.append(event.total))
    assert calls[0] > 6
    assert (tiled - whole).abs().max() < 1e-4
    assert torch.equal(render(model.generator, content, mix, 0), whole)


@torch.no_grad()
def test_what_is_compiled_draws_larger_pictures_whole(model, monkeypatch):
    content, mix = given(model)
    monkeypatch.setattr(rendering, "TILE_ABOVE", 64 * 64)
    around = 2 * model.generator.margin
    size = (160 + around, 128 + around)
    monkeypatch.setattr(rendering, "COMPILED_TILE_ABOVE", size[0] * size[1])
    monkeypatch.setattr(rendering, "TILE", 64)
    sizes = []

    def compiled(content, mix):
        sizes.append(tuple(content.shape[-2:]))
        return model.generator(content, mix)

    render(model.generator, content, mix, draw=compiled)
    monkeypatch.setattr(rendering, "COMPILED_TILE_ABOVE", size[0] * size[1] - 1)
    render(model.generator, content, mix, draw=compiled)
    assert sizes == [size]


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


# The photograph's share of a result.

OUT = torch.tensor([[[10.0, 200.0]], [[50.0, 60.0]], [[0.0, 255.0]]])
RGB = torch.tensor([[[30.0, 100.0]], [[50.0, 90.0]], [[80.0, 5.0]]])
AGAIN = torch.tensor([[[20.0, 120.0]], [[40.0, 80.0]], [[90.0, 15.0]]])


def weight(value):
    return torch.full((1, 1, 1, 1), value)


def test_the_ends_are_the_result_and_the_photograph_exactly():
    out, rgb, again = (x.to(torch.uint8) for x in (OUT, RGB, AGAIN))
    assert torch.equal(add_error(out, rgb, again, weight(0.0)), out)
    assert torch.equal(add_error(out, rgb, again, weight(1.0)), rgb)


def test_between_it_is_the_formula():
    w = 0.5
    value = OUT / 255 + w * (RGB - AGAIN) / 255
    want = value.clamp(0, 1) * (1 - w**4) + RGB / 255 * w**4
    found = add_error(OUT / 255, RGB / 255, AGAIN / 255, weight(w))
    torch.testing.assert_close(found, want)


def test_a_map_of_weights_holds_pixel_by_pixel():
    maps = torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
    found = add_error(OUT / 255, RGB / 255, AGAIN / 255, maps)
    torch.testing.assert_close(found[..., 0], RGB[..., 0] / 255)
    torch.testing.assert_close(found[..., 1], OUT[..., 1] / 255)


def test_beyond_goes_on_in_the_direction_of_the_second_painting():
    found = beyond(OUT / 255, AGAIN / 255, weight(0.25))
    torch.testing.assert_close(found, (OUT + AGAIN) / 2 / 255)
    assert torch.equal(beyond(OUT / 255, AGAIN / 255, weight(0.0)), OUT / 255)
    far = beyond(OUT / 255, AGAIN / 255, weight(1.0))
    torch.testing.assert_close(far, (2 * AGAIN - OUT).div(255).clamp(0, 1))
