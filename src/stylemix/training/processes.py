"""The processes that train together."""

from __future__ import annotations

import os

import torch
import torch.distributed as dist


def join_processes(device: torch.device) -> tuple[int, int]:
    """Join the processes that ``torchrun`` started; return this one's number and their count."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return 0, 1
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return dist.get_rank(), world
