from __future__ import annotations

import logging

import pytest
import torch
from helpers import picture, tiny_model
from runtime_models import (
    CONTENT,
    NOTHING,
    Bare,
    Fixed,
    Unknown,
    across,
    lean_model,
    numbers,
    two_styles,
)

from stylemix.errors import ConfigError
from stylemix.runtime import draw_with, drawing
from stylemix.runtime.library import missing

pytestmark = pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")


def graphs(cache):
    return sorted(f.name for f in (cache / "graphs").glob("*"))


def test_torch_is_the_generator_itself():
    generator = lean_model().generator
    assert draw_with(generator, "torch") is generator


@torch.inference_mode()
def test_graphs_are_kept_and_used_again(cache, caplog):
    model = lean_model()
    styles = two_styles(model)
    draw = draw_with(model.generator, "openvino")
    first = draw(CONTENT, numbers(styles, 0.5, 0.5))
    (name,) = graphs(cache)
    written = (cache / "graphs" / name).stat().st_ino
    drawing._graphs.clear()  # as in another process
    same = draw_with(lean_model().generator, "openvino")
    assert torch.equal(same(CONTENT, numbers(styles, 0.5, 0.5)), first)
    assert len(graphs(cache)) == 1
    assert (cache / "graphs" / name).stat().st_ino == written
    assert caplog.text == ""


@torch.inference_mode()
def test_a_mixture_that_varies_is_drawn_by_pytorch(cache, caplog):
    model = lean_model()
    mix = across(two_styles(model), CONTENT)
    found = draw_with(model.generator, "openvino")(CONTENT, mix)
    assert torch.equal(found, model(CONTENT, mix))
    assert graphs(cache) == []
    assert "vary from place to place; drawing with PyTorch" in caplog.text


@torch.inference_mode()
def test_large_pictures_are_drawn_by_a_graph_of_their_own(cache):
    model = lean_model()
    draw = draw_with(model.generator, "openvino")
    for height, width in ((64, 48), (736, 720), (800, 664)):
        content = picture(height, height, width)
        styles = two_styles(model)
        mix = numbers(styles, 0.5, 0.5)
        wanted = model(content, mix)
        torch.testing.assert_close(draw(content, mix), wanted, atol=1e-4, rtol=0)
    made = drawing._compiled[model.generator][False].graphs
    assert sorted(made) == ["large", "small"]
    assert len(graphs(cache)) == 2
    # Drawn by the graph of small ones it would be another picture.
    other = made["small"](content, mix)
    assert (other - wanted).abs().max() > 1e-3


@torch.inference_mode()
def test_copies_of_a_model_share_a_graph(cache):
    first, second, other = lean_model(), lean_model(), lean_model(seed=1)
    for model in (first, second, other):
        mix = numbers(two_styles(model)[:1], 1.0)
        draw_with(model.generator, "openvino")(CONTENT, mix)
    made = [drawing._compiled[m.generator][False].graphs["small"] for m in (first, second, other)]
    assert made[0] is made[1] is not made[2]
    # New weights of one are no other's.
    second.generator.stages[-1].output.conv.weight.mul_(-1)
    mix = numbers(two_styles(first)[:1], 1.0)
    pictures = [draw_with(m.generator, "openvino")(CONTENT, mix) for m in (first, second)]
    assert torch.allclose(pictures[0], first(CONTENT, mix), atol=1e-4)
    assert (pictures[0] - pictures[1]).abs().mean() > 0.05


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_types_than_float32_are_drawn_by_pytorch(dtype, caplog):
    generator = lean_model().generator.to(dtype)
    with caplog.at_level(logging.INFO):
        assert draw_with(generator, "auto") is generator
    assert caplog.text == ""
    with pytest.raises(ConfigError, match='float32 and the model.*take runtime="torch"'):
        draw_with(generator, "openvino")


@torch.inference_mode()
def test_new_weights_are_drawn_with_at_once(cache):
    model = lean_model()
    mix = numbers(two_styles(model)[:1], 1.0)
    draw = draw_with(model.generator, "openvino")
    before = draw(CONTENT, mix)
    with torch.no_grad():
        model.generator.stages[-1].output.conv.weight.mul_(-1)
    after = draw(CONTENT, mix)
    assert torch.allclose(after, model(CONTENT, mix), atol=1e-4)
    assert (after - before).abs().mean() > 0.05
    assert len(graphs(cache)) == 2


@torch.inference_mode()
@pytest.mark.parametrize("place", ["file", "rubbish", "other graph"])
def test_a_bad_cache_costs_nothing_but_a_line(cache, caplog, place):
    model = lean_model()
    mix = numbers(two_styles(model)[:1], 1.0)
    if place == "file":
        cache.write_text("in the folder's place")
    else:
        draw_with(model.generator, "openvino")(CONTENT, mix)
        (name,) = graphs(cache)
        from stylemix.runtime import folder

        if place == "rubbish":
            (cache / "graphs" / name).write_bytes(b"rubbish")
        else:
            folder.write(name, b"whole, but no graph of OpenVINO's")
    drawing._graphs.clear()  # as in another process
    fresh = lean_model().generator
    with caplog.at_level(logging.WARNING):
        found = draw_with(fresh, "openvino")(CONTENT, mix)
    assert torch.allclose(found, model(CONTENT, mix), atol=1e-4)
    assert len(caplog.records) == (2 if place == "file" else 1)


@torch.inference_mode()
def test_what_is_not_affine_runs_in_pytorch_with_one_line(caplog):
    model = tiny_model({"name": "film"}, {"name": "patch", "feature": "relu3_3"})
    mix = numbers(two_styles(model), 0.5, 0.5)
    for runtime, level in (("auto", logging.INFO), ("openvino", logging.WARNING)):
        caplog.clear()
        other = tiny_model({"name": "film"}, {"name": "patch", "feature": "relu3_3"}).generator
        with caplog.at_level(logging.INFO):
            draw = draw_with(other, runtime)
            assert torch.equal(draw(CONTENT, mix), model(CONTENT, mix))
            draw(CONTENT, mix)
        (record,) = caplog.records
        assert record.levelno == level
        assert "affine" in record.message and "PyTorch" in record.message


@torch.inference_mode()
def test_a_generator_without_a_source_file_is_drawn_by_pytorch(cache, caplog):
    # As one that is written in a notebook: no graph can be kept of what may be another one soon.
    generator = type("Written", (Bare,), {"__module__": "nowhere"})()
    with caplog.at_level(logging.WARNING):
        draw = draw_with(generator, "auto")
        assert torch.equal(draw(CONTENT, NOTHING), generator(CONTENT, NOTHING))
        draw(CONTENT, NOTHING)
    (record,) = (r for r in caplog.records if r.name.startswith("stylemix"))
    assert "drawing with PyTorch" in record.message
    with pytest.raises(ConfigError, match='runtime="torch"'):
        draw_with(generator, "openvino")(CONTENT, NOTHING)


@torch.inference_mode()
@pytest.mark.parametrize("kind", [Unknown, Fixed])
def test_a_generator_that_cannot_be_compiled(cache, caplog, kind):
    generator = kind()
    wanted = generator(CONTENT, NOTHING)
    with caplog.at_level(logging.WARNING):
        draw = draw_with(generator, "auto")
        assert torch.equal(draw(CONTENT, NOTHING), wanted)
        assert torch.equal(draw(CONTENT, NOTHING), wanted)
    (record,) = (r for r in caplog.records if r.name.startswith("stylemix"))
    assert "can't compile" in record.message
    with pytest.raises(ConfigError, match='runtime="torch"'):
        draw_with(generator, "openvino")(CONTENT, NOTHING)
    assert graphs(cache) == []
