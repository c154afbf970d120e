"""Nested structures of tensors, such as what injections prepare of a batch of styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor


def map_tensors(change: Callable[..., Tensor], first: Any, *others: Any) -> Any:
    """Apply a function to every tensor of nested mappings, tuples and lists.

    Args:
        change: takes one tensor of each structure.
        first: a tensor, or a structure of them.
        others: structures of the same shape.

    Returns:
        A structure of the same shape.
    """
    if isinstance(first, Tensor):
        return change(first, *others)
    if isinstance(first, Mapping):
        return {k: map_tensors(change, v, *(o[k] for o in others)) for k, v in first.items()}
    return type(first)(map_tensors(change, *each) for each in zip(first, *others, strict=True))
