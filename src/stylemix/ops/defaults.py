"""What torch assumes where nothing is said, as stylemix needs it whatever the caller has set."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from stylemix.ops.forking import forked

_building = threading.RLock()


@contextmanager
def building() -> Iterator[None]:
    """Make networks within the block as a fresh process would, and leave no trace.

    Tensors are float32 on the CPU and can be trained, whatever default type, default device or
    inference mode the caller is in; and the caller's random numbers go on as if none had been drawn
    meanwhile.
    """
    forked()
    # torch's default type and random state belong to the whole process: one thread at a time.
    with (
        _building,
        torch.inference_mode(False),
        torch.random.fork_rng(devices=[]),
        torch.device("cpu"),
    ):
        before = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(before)


@contextmanager
def drawing() -> Iterator[None]:
    """Make tensors within the block on the CPU where no device is named.

    What belongs on another device names it. Only the present thread is affected.
    """
    forked()
    # The override costs some microseconds in every call of torch: only where there is a need.
    elsewhere = torch.get_default_device().type != "cpu"
    with torch.device("cpu") if elsewhere else nullcontext():
        yield


@contextmanager
def usual() -> Iterator[None]:
    """Make float32 tensors on the CPU within the block where nothing else is named.

    For long work in one thread, such as a training, which may also decorate a function: torch's
    default type belongs to the whole process, and other threads see the change.
    """
    before = torch.get_default_dtype()
    with drawing():
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(before)
