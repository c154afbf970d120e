"""Devices and precision: what there is, what is fast there, and how a network lies in memory."""

from __future__ import annotations

import os
from typing import TypeVar

import torch
from torch import nn

from stylemix.errors import ConfigError

Network = TypeVar("Network", bound=nn.Module)


def place(network: Network, device: str | torch.device) -> Network:
    """Move a network to a device, in the memory order whose convolutions are fastest there.

    That is ``channels_last`` on CPUs and on CUDA: a training step through VGG-16 took a fifth less
    time on a CPU with AVX2, in float32. A convolution hands the order of its weights on to its
    output, so inputs may come in any. Elsewhere it is the usual one: on Apple's GPUs some
    operations give wrong values otherwise (pytorch issues 174345 and 180984).

    Args:
        network: changed itself.
        device: any that torch knows.

    Returns:
        The same network.
    """
    device = torch.device(device)
    fast = device.type in ("cpu", "cuda")
    network.to(device)
    # torch's annotations lack the overload that takes an order alone.
    network.to(
        memory_format=(  # type: ignore[call-overload]
            torch.channels_last if fast else torch.contiguous_format
        )
    )
    return network


def usable_device(device: str | torch.device | None, option: str = "device") -> torch.device:
    """Return a device that can be used here.

    Of several processes on one machine (``torchrun`` numbers them by ``LOCAL_RANK``), each gets a
    CUDA device of its own unless a number is given.

    Args:
        device: its name; None and ``"auto"`` take a GPU, CUDA's before Apple's, where there is
            one.
        option: that chose it, for the message.

    Raises:
        ConfigError: it can't be used here.
    """
    if device is None or device == "auto":
        if torch.cuda.is_available():
            device = "cuda"
        else:
            device = "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        found = torch.device(device)
        if found.type == "cuda" and found.index is None and "LOCAL_RANK" in os.environ:
            found = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError) as problem:
        # torch adds a list of everything that it could do elsewhere.
        reason = str(problem).splitlines()[0].split(". ")[0][:200]
        raise ConfigError(
            f"{option}: {str(device)!r} can't be used here ({reason}); try 'cpu', or 'auto'"
        ) from None
    return found


def usable_precision(precision: str, device: torch.device) -> torch.dtype:
    """Return the type that networks compute in.

    Args:
        precision: ``"float32"``, ``"bfloat16"``, or ``"auto"`` for bfloat16 where it is fast.
        device: to compute on.
    """
    if precision == "auto":
        return torch.bfloat16 if has_bfloat16(device) else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def has_bfloat16(device: str | torch.device) -> bool:
    """Tell whether a device has bfloat16 in hardware; those without are many times slower in it."""
    kind = torch.device(device).type
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def has_float64(device: str | torch.device) -> bool:
    """Tell whether a device can compute in float64, which Apple's GPUs can't."""
    return torch.device(device).type != "mps"
