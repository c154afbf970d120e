"""Reading the weights of a feature network from a safetensors file."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from stylemix.errors import WeightsError


def load_weights(path: str | Path) -> dict[str, Tensor]:
    """Read every tensor of a safetensors file.

    Raises:
        WeightsError: there is no such file, or it is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}; give a safetensors file")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as problem:
        raise WeightsError(
            f"{path} is no intact safetensors file ({problem}); download or export it again"
        ) from None
