"""Which device, precision and processes a training uses."""

from __future__ import annotations

import os

import torch
import torch.distributed as dist

from stylemix.errors import ConfigError
from stylemix.training.run_config import HardwareConfig


def pick_device(runtime: HardwareConfig, name: str = "runtime.device") -> torch.device:
    """Give the device; each of several processes on a machine gets a GPU of its own.

    Args:
        runtime: says which.
        name: of the option that chose it, for the message.

    Raises:
        ConfigError: it can't be used here.
    """
    own = int(os.environ.get("LOCAL_RANK", "0"))
    if runtime.device == "cuda" and torch.cuda.is_available():
        return torch.device("cuda", own)
    if runtime.device != "auto":
        try:
            device = torch.device(runtime.device)
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as problem:
            raise ConfigError(
                f"{name}: {runtime.device!r} can't be used here "
                f"({str(problem).splitlines()[0]}); try 'auto'"
            ) from None
        return device
    if torch.cuda.is_available():
        return torch.device("cuda", own)
    return torch.device("cpu")


def pick_precision(runtime: HardwareConfig, device: torch.device) -> torch.dtype:
    """Give the autocast's type; bfloat16 is many times *slower* on CPUs without it."""
    if runtime.precision != "auto":
        return torch.bfloat16 if runtime.precision == "bfloat16" else torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


def join_processes(device: torch.device) -> tuple[int, int]:
    """Join the processes that ``torchrun`` started; gives this one's number and their count."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return 0, 1
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return dist.get_rank(), world
