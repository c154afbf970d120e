"""Random streams: numbers that depend on what is drawn, never on what was drawn before."""

from __future__ import annotations

import hashlib

import torch


def stream(seed: int, name: str, index: int = 0) -> torch.Generator:
    """Return the CPU generator of one draw of a run.

    A run that draws from the step's number alone goes on after an interruption as if there had
    been none, and adding a draw changes no other.

    Args:
        seed: of the run.
        name: what is drawn, such as ``"crops"``; each name is a stream of its own.
        index: of the draw, such as the step's number.
    """
    digest = hashlib.sha256(f"{seed}\0{name}\0{index}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
