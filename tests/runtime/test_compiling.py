from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from helpers import tiny_model
from runtime_models import (
    CONTENT,
    NOTHING,
    OTHER,
    Bare,
    Fixed,
    Unknown,
    lean_model,
    numbers,
    two_styles,
)

from stylemix.injections.style import StyleMix
from stylemix.runtime.compiling import CompileError, Graph, compile_graph
from stylemix.runtime.library import missing
from stylemix.runtime.plan import Plan

pytestmark = pytest.mark.skipif(missing() is not None, reason="OpenVINO is missing")


def psnr(a: torch.Tensor, b: torch.Tensor) -> float:
    return -10 * math.log10(max(float((a - b).square().mean()), 1e-12))


@pytest.mark.parametrize("build", [lean_model, tiny_model], ids=["lean", "johnson"])
@torch.inference_mode()
def test_one_graph_draws_every_size_and_mixture(build):
    model = build()
    styles = two_styles(model)

    first = numbers(styles, 0.5, 0.5)
    plan = Plan.of(model.generator, first)
    graph = compile_graph(model.generator, plan, first)
    for content in (CONTENT, OTHER):
        for weights in ((0.7, 0.3), (1.6, -0.6)):
            mix = numbers(styles, *weights)
            assert psnr(graph(content, mix), model(content, mix)) > 55
    three = numbers((*styles, styles[0]), 0.2, 0.3, 0.5)  # any number of styles
    assert psnr(graph(CONTENT, three), model(CONTENT, three)) > 55
    again = Graph.read(graph.write(), plan)
    assert torch.equal(again(CONTENT, first), graph(CONTENT, first))


@torch.inference_mode()
def test_the_grain_begins_where_the_mixture_says():
    model = lean_model()
    one, _ = two_styles(model)
    mix = StyleMix.single(one)
    graph = compile_graph(model.generator, Plan.of(model.generator, mix), mix)
    moved = StyleMix.single(one, origin=(8, 20))
    assert psnr(graph(CONTENT, moved), model(CONTENT, moved)) > 55
    assert psnr(graph(CONTENT, mix), model(CONTENT, moved)) < 55


@torch.inference_mode()
def test_results_stay_when_the_graph_draws_again():
    generator = Bare()
    graph = compile_graph(generator, Plan.of(generator, NOTHING), NOTHING)
    first = graph(CONTENT, NOTHING)
    graph(1 - CONTENT, NOTHING)
    assert torch.allclose(first, CONTENT / 2)


@pytest.mark.parametrize(
    "kind, words", [(Unknown, "bessel"), (Fixed, "differs from PyTorch's")], ids=["op", "size"]
)
def test_what_cannot_be_compiled_or_becomes_another_picture_is_refused(kind, words):
    generator = kind()
    with pytest.raises(CompileError, match=words):
        compile_graph(generator, Plan.of(generator, NOTHING), NOTHING)


class Full:
    """What OpenVINO's compiled models do without memory: they leave the former result."""

    def create_infer_request(self):
        return self

    def infer(self, arrays, **options):
        return [np.zeros((1, 3, 8, 8), np.float32)]


def test_the_result_of_another_call_is_a_full_memory():
    model = lean_model()
    mix = numbers(two_styles(model), 0.5, 0.5)
    with pytest.raises(MemoryError, match=r"OpenVINO gave \[1, 3, 8, 8\] for \[1, 3, 40, 56\]"):
        Graph(Full(), Plan.of(model.generator, mix))(CONTENT, mix)
