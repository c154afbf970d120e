"""The errors of stylemix: one base class, and messages that say what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


class StylemixError(Exception):
    """Base of every error that stylemix raises on purpose.

    Example:
        >>> import stylemix
        >>> try:
        ...     stylemix.load("flim")
        ... except stylemix.StylemixError as problem:
        ...     print(type(problem).__name__)
        UnknownNameError
    """


class PictureError(StylemixError, ValueError):
    """A picture, mask or output file can't be used."""


class VideoError(StylemixError, ValueError):
    """A video can't be read or written."""


class ConfigError(StylemixError, ValueError):
    """An option or a configuration value is wrong."""


class CheckpointError(StylemixError):
    """A checkpoint is damaged, incomplete or of another format."""


class PluginError(StylemixError):
    """Two plugins clash, or one registers something that can't be used."""


class WeightsError(StylemixError):
    """Weights of a feature network are missing or don't fit."""


class DataError(StylemixError):
    """A training or evaluation set can't be read."""


class MemoryLimitError(StylemixError, MemoryError):
    """The memory is too small for a picture of this size."""


class Cancelled(StylemixError):  # noqa: N818 - a wish, not a fault
    """Raise it from a progress callback to stop the work.

    Attributes:
        picture: the picture so far (a PIL image), where an optimization was stopped; else None.
    """

    picture: Image.Image | None = None


class UnknownNameError(StylemixError, KeyError):
    """A name that nothing is registered under."""

    def __str__(self) -> str:
        """Return the plain message (``KeyError`` would quote it)."""
        return str(self.args[0]) if self.args else ""


def suggest(word: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for near matches of ``word``, else an empty string."""
    near = difflib.get_close_matches(word, list(choices), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def missing_file(path: str) -> PictureError:
    """Return the error for a path where there is nothing, which may be a web address."""
    # A path object has lost one of the slashes.
    address = re.match(r"([a-z][a-z0-9+.-]+):/+(.+)", path, re.IGNORECASE)
    if address is not None:
        name = f"{address[1]}://{address[2]}"
        return PictureError(f"{name!r} is a web address: download the picture and give its path")
    return PictureError(f"no such file: {path!r}; check the path")


_FULL = re.compile(
    r"(can't|cannot|could not|failed to|unable to) allocate|not enough memory|out of memory"
    r"|bad_alloc|ALLOC_FAILED|size calculation overflowed",
    re.IGNORECASE,
)
"""What the allocators of torch (on Linux, Windows, CUDA and Apple's GPUs), of its libraries and of
OpenVINO say in the text of a ``RuntimeError``."""


def out_of_memory(problem: BaseException) -> bool:
    """Return whether an error says that the memory is full, of a GPU or of the machine."""
    # torch.OutOfMemoryError, by name: torch may not be imported yet.
    return (
        isinstance(problem, MemoryError)
        or type(problem).__name__ == "OutOfMemoryError"
        or (isinstance(problem, RuntimeError) and _FULL.search(str(problem)) is not None)
    )


@contextmanager
def memory_limit() -> Iterator[None]:
    """Turn a full memory within the block into an error that says what to do.

    Raises:
        MemoryLimitError: the memory is full.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as problem:
        if isinstance(problem, StylemixError) or not out_of_memory(problem):
            raise
        raise MemoryLimitError(
            "the memory is full: give a smaller tile (such as 384) or size, or another device"
        ) from problem
