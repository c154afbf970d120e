"""The state of a training on disk: one safetensors file, replaced in one go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from stylemix.errors import CheckpointError
from stylemix.images.atomic import remove_abandoned, replacing


def replace_file(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str], what: str, remedy: str
) -> None:
    """Write a safetensors file; a kill at any moment leaves the old one or the new one.

    Args:
        path: the file; its folder is made.
        tensors: by name, on any device.
        metadata: texts to keep beside them.
        what: the file holds, for the message.
        remedy: what to do where it can't be written.

    Raises:
        CheckpointError: it can't be written.
    """

    def explain(problem: Exception) -> CheckpointError:
        return CheckpointError(f"{what} can't be written to {path} ({problem}); {remedy}")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise explain(problem) from problem
    remove_abandoned(path)
    with replacing([path], explain) as (part,):
        save_file(
            {k: v.detach().cpu().contiguous() for k, v in tensors.items()},
            part,
            metadata=dict(metadata),
        )


def save_state(path: Path, tensors: Mapping[str, Tensor], record: Mapping[str, Any]) -> None:
    """Write tensors and a JSON record; see :func:`replace_file`.

    Raises:
        CheckpointError: they can't be written.
    """
    replace_file(
        path,
        tensors,
        {"record": json.dumps(record)},
        "the training state",
        "make room, then start the same command again",
    )


def load_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`save_state` wrote.

    Raises:
        CheckpointError: the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {})["record"])
            return {name: file.get_tensor(name) for name in file.keys()}, record  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as problem:
        raise CheckpointError(
            f"the training state {path} is damaged ({problem}); delete it to "
            "start again from the beginning"
        ) from problem


def optimizer_tensors(
    optimizer: torch.optim.Optimizer, names: Mapping[Tensor, str]
) -> dict[str, Tensor]:
    """Return an optimizer's tensors by ``"optimizer.<parameter's name>.<what>"``."""
    return {
        f"optimizer.{names[parameter]}.{what}": torch.as_tensor(value)
        for parameter, entries in optimizer.state.items()
        for what, value in entries.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, names: Mapping[Tensor, str], tensors: Mapping[str, Tensor]
) -> None:
    """Put back what :func:`optimizer_tensors` returned.

    Moments are laid out as their parameter is. The number of steps lies beside it where Adam is
    fused, as a captured step asks for, and on the host elsewhere.
    """
    by_name = {name: parameter for parameter, name in names.items()}
    beside = bool(optimizer.defaults.get("fused") or optimizer.defaults.get("capturable"))
    for key, tensor in tensors.items():
        if not key.startswith("optimizer."):
            continue
        name, _, what = key.removeprefix("optimizer.").rpartition(".")
        if (parameter := by_name.get(name)) is None:
            continue
        if what != "step":
            tensor = torch.empty_like(parameter.detach()).copy_(tensor)
        elif beside:
            tensor = tensor.to(parameter.device)
        optimizer.state[parameter][what] = tensor
