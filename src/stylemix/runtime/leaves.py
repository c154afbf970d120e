"""Prepared styles as flat lists of tensors, in the order of a generator's sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor


def flatten(prepared: Any) -> list[Tensor]:
    """Return the tensors of a tensor, or of nested mappings, tuples and lists of them."""
    if isinstance(prepared, Mapping):
        return [leaf for value in prepared.values() for leaf in flatten(value)]
    if isinstance(prepared, tuple | list):
        return [leaf for value in prepared for leaf in flatten(value)]
    return [prepared]


def rebuild(like: Any, leaves: Iterator[Tensor] | Sequence[Tensor]) -> Any:
    """Return a structure such as ``like`` of the tensors that :func:`flatten` listed."""
    leaves = iter(leaves)
    if isinstance(like, Mapping):
        return {key: rebuild(value, leaves) for key, value in like.items()}
    if isinstance(like, tuple | list):
        return type(like)(rebuild(value, leaves) for value in like)
    return next(leaves)
