"""Errors that tell the user which input of a node to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stylemix.errors import StylemixError


class NodeError(ValueError):
    """An input of a node can't be used; the message starts with the input's name."""


@contextmanager
def naming(source: str, *kinds: type[StylemixError]) -> Iterator[None]:
    """Turn the library's errors into ones that begin with an input's name.

    Args:
        source: the input, such as ``"painting"``.
        kinds: the errors that come from this input; all of the library's when none is given.
            Others pass, and so does ComfyUI's own interruption.
    """
    caught = kinds or (StylemixError,)
    try:
        yield
    except caught as problem:
        raise NodeError(f"{source}: {problem}") from problem
