"""How large a network a checkpoint may ask for: about as large as the weights that it brings."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from stylemix.errors import ConfigError

MORE_TENSORS, MORE_NUMBERS = 1000, 50_000_000
"""What a network may have beside the weights of its file: a feature network, such as VGG-16."""


@contextmanager
def as_large_as(weights: Path) -> Iterator[None]:
    """Refuse a network that is far larger than a file of weights, before it takes memory and time.

    A configuration is foreign data: one number in it can ask for more memory than there is.

    Args:
        weights: a safetensors file; one that is missing or damaged counts as empty.

    Raises:
        ConfigError: the network built within the block has more parameters, or larger ones.
    """
    tensors, numbers = MORE_TENSORS, MORE_NUMBERS
    try:
        with safe_open(weights, framework="pt") as file:
            tensors += len(file.keys())
        numbers += weights.stat().st_size  # a number takes a byte at least
    except (OSError, SafetensorError):
        pass
    here = threading.get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        nonlocal tensors, numbers
        if parameter is not None and threading.get_ident() == here:
            tensors -= 1
            numbers -= parameter.numel()
            if tensors < 0 or numbers < 0:
                raise ConfigError(f"the network would be far larger than {weights.name}")

    # A layer registers its parameters before it fills them, which is what takes memory.
    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
