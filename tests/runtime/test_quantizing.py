"""Convolutions in int8: near PyTorch's picture, and really in eight bits."""

from __future__ import annotations

import logging
import math
import re
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from helpers import picture, tiny_model
from runtime_models import CONTENT, lean_model, numbers, two_styles

import stylemix
from stylemix.errors import ConfigError
from stylemix.plugins.installing import install_line
from stylemix.runtime import check_runtime
from stylemix.runtime.compiling import compile_graph
from stylemix.runtime.library import core, missing
from stylemix.runtime.plan import Plan
from stylemix.runtime.quantizing import quantize
from stylemix.runtime.rewriting import channels_last

needs_nncf = pytest.mark.skipif(
    missing() is not None or find_spec("nncf") is None, reason="OpenVINO or nncf is missing"
)


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return -10 * math.log10(max(float((a - b).square().mean()), 1e-12))


def samples(model):
    style, _ = two_styles(model)
    return [(picture(seed, 32, 40), style) for seed in range(12)]


@needs_nncf
@pytest.mark.parametrize("build", [lean_model, tiny_model], ids=["lean", "johnson"])
@torch.inference_mode()
def test_the_picture_is_near_pytorchs_but_another(build):
    model = build()
    styles = two_styles(model)
    mix = numbers(styles, 0.7, 0.3)
    plan = Plan.of(model.generator, mix)
    graph = compile_graph(model.generator, plan, mix, samples(model))
    assert 28 < psnr(graph(CONTENT, mix), model(CONTENT, mix)) < 70


@needs_nncf
def test_what_only_keeps_the_order_of_features_stays_in_float():
    import openvino as ov
    from openvino import opset13 as ops

    random = np.random.default_rng(0)
    image = ops.parameter([1, 8, 16, 16], np.float32, name="image")
    gamma = ops.parameter([1, 8, 1, 1], np.float32, name="gamma")
    kernel = ops.constant(random.standard_normal((8, 8, 3, 3)).astype(np.float32))
    out = ops.convolution(ops.multiply(image, gamma), kernel, [1, 1], [0, 0], [0, 0], [1, 1])
    model = ov.Model([ops.result(out)], [image, gamma], "test")
    channels_last(model)
    given = [[torch.rand(1, 8, 16, 16), torch.rand(1, 8, 1, 1)] for _ in range(4)]
    kinds = {
        node.get_type_name(): node.input_value(0).get_node().get_type_name()
        for node in quantize(model, given).get_ops()
        if "Convolution" in node.get_type_name()
    }
    assert kinds == {"GroupConvolution": "Parameter", "Convolution": "FakeQuantize"}


@needs_nncf
def test_convolutions_alone_are_in_int8():
    import openvino as ov
    from openvino import opset13 as ops

    random = np.random.default_rng(0)
    image = ops.parameter([1, 4, 16, 16], np.float32, name="image")
    kernel = ops.constant(random.standard_normal((4, 4, 3, 3)).astype(np.float32))
    out = ops.convolution(image, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
    scaled = ops.multiply(out, ops.parameter([1, 4, 1, 1], np.float32, name="scale"))
    model = ov.Model([scaled], [image, scaled.input_value(1).get_node()], "small")
    inputs = [(torch.rand(1, 4, 16, 16), 1 + torch.rand(1, 4, 1, 1)) for _ in range(8)]
    found = quantize(model, inputs)
    rounded = [o for o in found.get_ordered_ops() if o.get_type_name() == "FakeQuantize"]
    followers = {
        t.get_node().get_type_name() for node in rounded for t in node.output(0).get_target_inputs()
    }
    assert followers == {"Convolution"}
    want = core().compile_model(model, "CPU")([t.numpy() for t in inputs[0]])[0]
    got = core().compile_model(found, "CPU")([t.numpy() for t in inputs[0]])[0]
    assert 0 < np.abs(got - want).mean() < 0.02 * np.abs(want).mean()


@needs_nncf
@torch.inference_mode()
def test_the_programs_own_log_stays_as_it_is():
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        model = lean_model()
        mix = numbers(two_styles(model), 0.7, 0.3)
        for _ in range(2):
            compile_graph(model.generator, Plan.of(model.generator, mix), mix, samples(model))
        assert handler.level == logging.NOTSET
        assert handler in logging.getLogger().handlers
    finally:
        logging.getLogger().removeHandler(handler)


@needs_nncf
def test_a_model_draws_in_int8_and_keeps_the_graph(tmp_path, monkeypatch):
    """The example pictures calibrate it; strength 0 stays exact."""
    monkeypatch.setenv("STYLEMIX_CACHE_DIR", str(tmp_path))
    model = lean_model()
    painting = picture(2, 40, 40)[0]
    content = picture(1, 48, 56)[0]
    exact = np.asarray(model.stylize(content, painting)).astype(int)
    fast = model.using("openvino-int8")
    near = np.asarray(fast.stylize(content, painting)).astype(int)
    assert 0 < np.abs(near - exact).mean() < 6
    assert [f.name.split("-", 1)[1] for f in (tmp_path / "graphs").iterdir()] == ["small-int8.bin"]
    again = np.asarray(lean_model().using("openvino-int8").stylize(content, painting))
    assert (again == near).all()
    still = np.asarray(fast.stylize(content, painting, strength=0))
    assert (still == np.asarray(model.stylize(content, painting, strength=0))).all()


@pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")
def test_without_nncf_it_is_one_clear_error(monkeypatch):
    monkeypatch.setattr("stylemix.runtime.quantizing.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=re.escape(install_line("int8"))):
        check_runtime("openvino-int8")
    with pytest.raises(ConfigError, match="nncf"):
        stylemix.load("film", runtime="openvino-int8")
