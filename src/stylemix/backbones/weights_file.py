"""Files of weights: reading them, and filling a network from them, strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from stylemix.errors import StylemixError, WeightsError


def load_weights(path: str | Path) -> dict[str, Tensor]:
    """Read every tensor of a safetensors file, or of a PyTorch file (``.pth``, ``.pt``).

    PyTorch files are unpickled without running code of theirs.

    Raises:
        WeightsError: there is no such file, it is damaged, or it holds no mapping of names to
            tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}; give a safetensors or .pth file")
    if path.suffix in (".pth", ".pt"):
        return _unpickle(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as problem:
        raise WeightsError(
            f"{path} is no intact safetensors file ({problem}); download or export it again"
        ) from None


def fill(
    network: nn.Module,
    tensors: Mapping[str, Tensor],
    explain: Callable[[str], StylemixError],
    *,
    extra: bool = False,
) -> None:
    """Load a network's weights strictly, in the types that the network has.

    Counters of batches (``num_batches_tracked``) may be missing; nothing that is computed depends
    on them.

    Args:
        network: changed in place, and only where everything fits.
        tensors: by the names of ``network.state_dict()``.
        explain: makes the error from what doesn't fit, such as ``"it lacks 0.bias"``.
        extra: allow tensors that the network doesn't know; they are ignored.

    Raises:
        StylemixError: what ``explain`` made: a tensor is missing, left over, of another shape, or
            holds values that are not finite.
    """
    own = network.state_dict()
    wrong = [
        f"it lacks {k}" for k in own if k not in tensors and not k.endswith("num_batches_tracked")
    ]
    if not extra:
        wrong += [f"it has an unexpected {k}" for k in tensors if k not in own]
    wrong += [
        f"{k} is {list(tensors[k].shape)} in it, not {list(v.shape)}"
        for k, v in own.items()
        if k in tensors and tensors[k].shape != v.shape
    ]
    wrong = wrong or [
        f"{k} holds values that are not finite"
        for k in own
        if k in tensors and tensors[k].is_floating_point() and not tensors[k].isfinite().all()
    ]
    if wrong:
        more = f", and {len(wrong) - 1} more such problems" if len(wrong) > 1 else ""
        raise explain(wrong[0] + more)
    network.load_state_dict({k: tensors.get(k, v).to(v.dtype) for k, v in own.items()})


def _unpickle(path: Path) -> dict[str, Tensor]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # the unpickler lets anything through on damaged files
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise WeightsError(
            f"{path} is no intact file of weights ({reason}); download it again"
        ) from None
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path} holds a {type(found).__name__}, not weights by name")
    return {str(k): v for k, v in found.items() if isinstance(v, Tensor)}
