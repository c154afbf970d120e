"""The one call that draws: compiled where that can be, in PyTorch otherwise."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable

import torch
from torch import Tensor

from stylemix.errors import ConfigError, StylemixError, out_of_memory
from stylemix.generators import Generator
from stylemix.injections.style import StyleMix
from stylemix.ops import is_large
from stylemix.ops.forking import forked
from stylemix.runtime import folder
from stylemix.runtime.choice import check_runtime
from stylemix.runtime.compiling import CompileError, Graph, Samples, compile_graph
from stylemix.runtime.keys import file_name, stamp, weights_key
from stylemix.runtime.library import missing
from stylemix.runtime.plan import Plan, Unsupported

log = logging.getLogger(__name__)

Draw = Callable[[Tensor, StyleMix], Tensor]
"""Takes a content [B, 3, H, W] in [0, 1] and a mixture; returns the picture [B, 3, H, W]."""


def draw_with(generator: Generator, runtime: str, samples: Samples | None = None) -> Draw:
    """Return what draws with a generator.

    Args:
        generator: on any device.
        runtime: one of :data:`RUNTIMES`.
        samples: what int8 is calibrated with.

    Raises:
        ConfigError: OpenVINO is asked for by name and can't be had; or what is returned raises it,
            where OpenVINO then fails to compile the generator.
    """
    like = next(generator.parameters())
    check_runtime(runtime, like.device)
    why = _not_compiled(like)
    if why and runtime.startswith("openvino"):
        raise ConfigError(f'{why}; take runtime="torch"')
    if runtime == "torch" or why or missing():
        return generator
    int8 = samples if runtime == "openvino-int8" else None
    with _lock:
        kinds = _compiled.setdefault(generator, {})
        found = kinds.setdefault(int8 is not None, _Compiled())
    required = runtime != "auto"
    return lambda content, mix: found.draw(generator, content, mix, required, int8)


def _not_compiled(like: Tensor) -> str:
    """Return why a generator with such weights is drawn by PyTorch; empty where it need not be."""
    if like.device.type != "cpu":
        return f"OpenVINO draws on the CPU and the model is on {str(like.device)!r}"
    if like.dtype != torch.float32:
        kind = str(like.dtype).removeprefix("torch.")
        return f"OpenVINO draws in float32 and the model's weights are {kind}"
    if forked():
        return (
            "OpenVINO's threads are missing in a process forked from one that has drawn (start "
            'processes by "spawn" instead)'
        )
    return ""


class _Compiled:
    """The compiled graphs of one generator.

    Attributes:
        graphs: by the plan's name; what can't be compiled is there with the reason.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.weights: tuple[object, str] | None = None
        self.graphs: dict[str, Graph | CompileError] = {}
        self.told: set[str] = set()

    def draw(
        self,
        generator: Generator,
        content: Tensor,
        mix: StyleMix,
        required: bool,
        samples: Samples | None,
    ) -> Tensor:
        try:
            plan = Plan.of(generator, mix, large=is_large(*content.shape[2:]))
            if len(content) != 1:
                raise Unsupported("several pictures at once are drawn by PyTorch")
            return self._graph(generator, plan, mix, samples)(content, mix)
        except Unsupported as why:
            self._tell(logging.WARNING if required else logging.INFO, str(why))
        # Plugins' generators and OpenVINO raise anything, and PyTorch may draw nevertheless.
        except Exception as problem:
            if out_of_memory(problem):
                raise  # whoever called draws in tiles then
            if required and isinstance(problem, StylemixError):
                raise
            fault = f"OpenVINO can't compile this model ({_compile_error(problem)})"
            if required:
                raise ConfigError(f'{fault}; take runtime="torch"') from problem
            self._tell(logging.WARNING, fault)
        return generator(content, mix)

    def _graph(
        self, generator: Generator, plan: Plan, mix: StyleMix, samples: Samples | None
    ) -> Graph:
        with self.lock:
            now = stamp(generator)
            if self.weights is None or self.weights[0] != now:
                self.weights = (now, weights_key(generator))
                self.graphs.clear()
            found = self.graphs.get(plan.name)
            if found is None:
                found = self.graphs[plan.name] = _made(
                    generator, self.weights[1], plan, mix, samples
                )
        if isinstance(found, CompileError):
            raise found
        return found

    def _tell(self, level: int, reason: str) -> None:
        if reason not in self.told:
            self.told.add(reason)
            log.log(level, "%s; drawing with PyTorch", reason)


_compiled: weakref.WeakKeyDictionary[Generator, dict[bool, _Compiled]] = weakref.WeakKeyDictionary()
"""By generator, and by whether it is in int8."""
_graphs: weakref.WeakValueDictionary[tuple[str, int], Graph] = weakref.WeakValueDictionary()
"""All graphs of this process by file name and number of threads: copies of a model share them."""
_lock = threading.Lock()


def _made(
    generator: Generator, weights: str, plan: Plan, mix: StyleMix, samples: Samples | None
) -> Graph | CompileError:
    """Return another copy's graph, one from the folder or compiled anew, or why there is none."""
    try:
        name = file_name(weights, plan, int8=samples is not None)
        key = (name, torch.get_num_threads())
        if (known := _graphs.get(key)) is not None:
            return known
        body = folder.read(name)
    except Exception as problem:  # OpenVINO is broken, or has no plugin for this CPU
        return _compile_error(problem)
    if body is not None:
        try:
            graph = _graphs[key] = Graph.read(body, plan)
            return graph
        except Exception as problem:
            log.warning("the compiled graph %s can't be used (%s); compiling anew", name, problem)
    try:
        graph = compile_graph(generator, plan, mix, samples() if samples else None)
        body = graph.write()
    except Exception as problem:
        if out_of_memory(problem) or isinstance(problem, StylemixError):
            raise  # of the pictures that int8 is calibrated with
        return _compile_error(problem)
    folder.write(name, body)
    _graphs[key] = graph
    return graph


def _compile_error(problem: Exception) -> CompileError:
    if isinstance(problem, CompileError):
        return problem
    return CompileError(f"{type(problem).__name__}: {problem}")
