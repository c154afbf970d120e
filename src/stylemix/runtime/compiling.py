"""From a generator to a graph that OpenVINO has compiled for any height and width."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from stylemix.generators import Generator
from stylemix.injections.style import Style, StyleMix
from stylemix.ops import measured_as
from stylemix.ops.defaults import building
from stylemix.runtime.library import core, openvino, settings
from stylemix.runtime.plan import Plan
from stylemix.runtime.quantizing import TOLERANCE as INT8_TOLERANCE
from stylemix.runtime.quantizing import quantize
from stylemix.runtime.rewriting import channels_last, fold_affine, widen_narrow
from stylemix.runtime.tracing import DrawingStep

TOLERANCE = 1e-3
"""Root mean square difference of pictures in [0, 1] up to which a graph draws what PyTorch draws:
60 dB. Float32 rounding makes about 1e-6 of it."""

Sample = tuple[Tensor, Style]
"""A content [1, 3, H, W] that a generator takes as it is, and a style."""
Samples = Callable[[], Sequence[Sample]]
"""Makes what int8 is calibrated with."""
_HELD_OUT = 4
"""Of so many samples, one is kept for the comparison."""

_TRACED = (64, 96)
_CHECKED = (48, 80)


class CompileError(Exception):
    """OpenVINO can't compile a generator, or compiles it to something else."""


class Graph:
    """A compiled graph, for one call at a time."""

    def __init__(self, compiled: Any, plan: Plan) -> None:
        self.plan = plan
        self._compiled = compiled
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()

    @classmethod
    def read(cls, body: bytes, plan: Plan) -> Graph:
        """Return the graph that :meth:`write` gave."""
        return cls(core().import_model(body, "CPU", settings()), plan)

    def write(self) -> bytes:
        """Return the graph for :meth:`read`, for the same version of OpenVINO and kind of CPU."""
        found = self._compiled.export_model()
        return found if isinstance(found, bytes) else bytes(found.getvalue())

    def __call__(self, content: Tensor, mix: StyleMix) -> Tensor:
        """Return the picture [1, 3, H, W] of a content [1, 3, H, W].

        Raises:
            CompileError: OpenVINO fails.
            MemoryError: the memory is full.
        """
        arrays = [_array(tensor) for tensor in _inputs(self.plan, content, mix)]
        try:
            with self._lock:
                found = self._request.infer(arrays, share_inputs=True, share_outputs=True)
                # The next call draws into the same memory.
                drawn = torch.from_numpy(found[0].copy())
        except RuntimeError as problem:
            reason = " ".join(str(problem).split())[:300]
            if "bad_alloc" in str(problem) or "allocate" in str(problem):
                raise MemoryError(reason) from problem
            raise CompileError(reason) from problem
        if drawn.shape != content.shape:
            # Where memory is lacking, OpenVINO may leave the result of the call before.
            raise MemoryError(f"OpenVINO gave {list(drawn.shape)} for {list(content.shape)}")
        return drawn


def compile_graph(
    generator: Generator, plan: Plan, mix: StyleMix, samples: Sequence[Sample] | None = None
) -> Graph:
    """Compile the graph of a plan and compare what it draws with what PyTorch draws.

    Args:
        generator: on the CPU.
        plan: the inputs.
        mix: a mixture of the plan's kind, for the comparison.
        samples: what to calibrate int8 with; None leaves it float32.

    Raises:
        CompileError: OpenVINO fails, or its picture is another one.
    """
    # Small pictures, measured as those it is for, take little time and memory.
    with measured_as(large=plan.large):
        return _compiled(generator, plan, mix, samples)


def _compiled(
    generator: Generator, plan: Plan, mix: StyleMix, samples: Sequence[Sample] | None
) -> Graph:
    try:
        with building():
            model = convert(
                DrawingStep(generator, plan), _examples(plan, _TRACED), _shapes(generator, plan)
            )
            drawn = [(content, StyleMix.single(style)) for content, style in samples or ()]
        fold_affine(model)
        widen_narrow(model, generator.multiple_of)
        channels_last(model)
        if samples:
            kept = [i for i in range(len(drawn)) if i % _HELD_OUT]
            model = quantize(model, [_inputs(plan, *drawn[i]) for i in kept])
        graph = Graph(core().compile_model(model, "CPU", settings()), plan)
    # Plugins' generators go through torch's tracer and OpenVINO, each of which raises anything.
    except Exception as problem:
        reason = " ".join(str(problem).split())[:300]
        raise CompileError(f"{type(problem).__name__}: {reason}") from problem
    if samples:
        _compare_all(generator, graph, drawn[::_HELD_OUT])
        return graph
    with building():
        _compare(generator, graph, mix)
    return graph


def convert(
    step: torch.nn.Module, examples: Sequence[Tensor], shapes: Sequence[Sequence[int]]
) -> Any:
    """Return the ``openvino.Model`` of a module.

    Args:
        step: takes tensors and returns one or several.
        examples: what to trace it with.
        shapes: of its inputs; -1 is any length.
    """
    ov = openvino()
    # Gradients aren't needed, but tensors of inference mode can't be traced.
    with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing is deprecated, and warns of shapes it fixes
        traced = torch.jit.trace(step.eval(), tuple(examples), check_trace=False)
        with _own_logging():
            model = ov.convert_model(traced, example_input=tuple(examples))
    model.reshape(
        {put: ov.PartialShape(list(shape)) for put, shape in zip(model.inputs, shapes, strict=True)}
    )
    return model


@contextmanager
def _own_logging() -> Iterator[None]:
    """Restore the root logger, in which OpenVINO's converter puts handlers of its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def _examples(plan: Plan, size: tuple[int, int]) -> list[Tensor]:
    styles = [torch.rand(shape) for shape in plan.shapes()]
    return [torch.rand(1, 3, *size), torch.tensor(0), torch.tensor(0), *styles]


def _shapes(generator: Generator, plan: Plan) -> list[list[int]]:
    return [[1, 3, -1, -1], [], [], *plan.shapes()]


def _compare(generator: Generator, graph: Graph, mix: StyleMix) -> None:
    """Draw a small picture of another size and origin than the traced one, in both ways."""
    unit = generator.multiple_of
    height, width = (-(-max(s, generator.minimum_size) // unit) * unit for s in _CHECKED)
    random = torch.Generator().manual_seed(0)
    content = torch.rand(1, 3, height, width, generator=random)
    mix = replace(mix, origin=(2 * unit, 3 * unit))
    with torch.inference_mode():
        wanted = generator(content, mix)
        found = graph(content, mix)
    if found.shape != wanted.shape:
        raise CompileError(f"its picture is {list(found.shape)} instead of {list(wanted.shape)}")
    difference = float((found - wanted).square().mean().sqrt())
    if not difference <= TOLERANCE:
        raise CompileError(f"its picture differs from PyTorch's by {difference:.2g}")


def _compare_all(
    generator: Generator, graph: Graph, drawn: Sequence[tuple[Tensor, StyleMix]]
) -> None:
    """Draw pictures in both ways; in int8 noise would tell nothing of them."""
    with torch.inference_mode():
        errors = [(graph(*each) - generator(*each)).square().mean() for each in drawn]
    difference = float(torch.stack(errors).mean().sqrt())
    if not difference <= INT8_TOLERANCE:
        raise CompileError(f"in int8 its pictures differ from PyTorch's by {difference:.2g}")


def _inputs(plan: Plan, content: Tensor, mix: StyleMix) -> list[Tensor]:
    """Return all inputs of a graph, in their order."""
    row, column = (torch.tensor(int(place)) for place in mix.origin)
    return [content, row, column, *plan.inputs(mix)]


def _array(tensor: Tensor) -> Any:
    kind = torch.int64 if not tensor.is_floating_point() else torch.float32
    return tensor.detach().to(kind).contiguous().numpy()
