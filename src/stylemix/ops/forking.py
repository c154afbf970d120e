"""Processes that were forked from one that had computed: its threads are missing in them."""

from __future__ import annotations

import os

import torch

_first: int | None = None


def forked() -> bool:
    """Note that this process computes, and tell whether it was forked from one that had.

    The threads of OpenMP and OpenVINO don't live on in a fork, whose first parallel loop would wait
    for them for ever. PyTorch is set to one thread there, which needs no others; a compiled graph
    can't be used at all.
    """
    global _first
    here = os.getpid()
    if _first is None:
        _first = here
    if _first == here:
        return False
    if torch.get_num_threads() > 1:
        torch.set_num_threads(1)
    return True
