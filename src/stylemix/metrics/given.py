"""Weights of measuring networks that the user gives as files."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from stylemix.backbones.weights_file import load_weights
from stylemix.errors import WeightsError


def tensors_of(path: str | Path) -> dict[str, Tensor]:
    """Read every tensor of a safetensors file, or of a PyTorch file (``.pth``, ``.pt``).

    PyTorch files are unpickled without running code of theirs.

    Raises:
        WeightsError: there is no such file, or it holds no mapping of names to tensors.
    """
    path = Path(path)
    if path.suffix not in (".pth", ".pt"):
        return load_weights(path)
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}; give a safetensors or .pth file")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise WeightsError(
            f"{path} is no intact file of weights ({reason}); download it again"
        ) from None
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path} holds a {type(found).__name__}, not weights by name")
    return {str(k): v for k, v in found.items() if isinstance(v, Tensor)}


def fill(net: nn.Module, tensors: Mapping[str, Tensor], source: str | Path, what: str) -> None:
    """Give a network its weights; tensors that it doesn't know are left out.

    Raises:
        WeightsError: a tensor is missing or has another shape.
    """
    own = net.state_dict()
    missing = [k for k in own if k not in tensors and not k.endswith("num_batches_tracked")]
    if missing:
        raise WeightsError(
            f"{source} does not hold {what}: it lacks {missing[0]}"
            + (f" and {len(missing) - 1} more tensors" if missing[1:] else "")
            + "; give another file"
        )
    wrong = [k for k, v in own.items() if k in tensors and tensors[k].shape != v.shape]
    if wrong:
        key = wrong[0]
        raise WeightsError(
            f"{source} does not hold {what}: {key} is {list(tensors[key].shape)} "
            f"in it, not {list(own[key].shape)}; give another file"
        )
    net.load_state_dict({k: tensors.get(k, v).to(v.dtype) for k, v in own.items()})
