"""What a compiled graph was made of, as the name of its file."""

from __future__ import annotations

import hashlib
import inspect
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import stylemix
from stylemix.generators import Generator
from stylemix.runtime.library import machine
from stylemix.runtime.plan import Plan

_Stamp = tuple[tuple[int, int], ...]


def stamp(model: torch.nn.Module) -> _Stamp:
    """Return what changes when the weights may have; of this process alone, in microseconds."""
    return tuple(
        # Tensors made in inference mode count no changes: their values have to be looked at.
        (t.data_ptr(), zlib.crc32(_bytes(t)) if t.is_inference() else t._version)
        for t in _tensors(model)
    )


def _tensors(module: torch.nn.Module) -> Iterator[Tensor]:
    """Yield all parameters and buffers, shared ones as often as they are there.

    A tenth of the time of ``parameters()``, which makes names and looks for repetitions; of a small
    picture that was a twentieth.
    """
    for tensor in (*module._parameters.values(), *module._buffers.values()):
        if tensor is not None:
            yield tensor
    for child in module._modules.values():
        if child is not None:
            yield from _tensors(child)


def weights_key(generator: Generator) -> str:
    """Return a digest of a generator's weights and of the source of all that it consists of."""
    digest = hashlib.sha256()
    tensors = (*generator.named_parameters(), *generator.named_buffers())
    for name, tensor in tensors:
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(_bytes(tensor))
    here = Path(__file__).parent
    files = {str(file) for file in here.glob("*.py")}
    for kind in {type(module) for module in generator.modules()}:
        # torch.nn's files are torch's version, which is in the name already.
        if not kind.__module__.startswith("torch."):
            files.add(inspect.getsourcefile(kind) or "")
    for file in sorted(files - {""}):
        digest.update(Path(file).read_bytes())
    for name, module in generator.named_modules():
        digest.update(f"{name} {type(module).__qualname__} {_plain(module)}".encode())
    return digest.hexdigest()


def file_name(weights: str, plan: Plan, *, int8: bool = False) -> str:
    """Return the name of the file of a plan's graph.

    Args:
        weights: what :func:`weights_key` gave.
        plan: the inputs.
        int8: whether convolutions are in eight bits.
    """
    about = "|".join(
        [weights, repr(plan.shapes()), stylemix.__version__, torch.__version__, machine()]
    )
    kind = f"{plan.name}-int8" if int8 else plan.name
    return f"{hashlib.sha256(about.encode()).hexdigest()[:32]}-{kind}.bin"


def _plain(module: torch.nn.Module) -> list[tuple[str, object]]:
    """Return a module's options: its attributes that are numbers, texts or tuples of them."""
    found = []
    for name, value in sorted(vars(module).items()):
        parts = value if isinstance(value, tuple) else (value,)
        if name != "training" and all(isinstance(p, bool | int | float | str) for p in parts):
            found.append((name, value))
    return found


def _bytes(tensor: Tensor) -> Any:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
