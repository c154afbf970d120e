"""What fails in a long evaluation, noted instead of ending it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stylemix.errors import Cancelled, ConfigError, StylemixError


@contextmanager
def noting(failures: list[tuple[str, str]], what: str) -> Iterator[None]:
    """End the block at an error and note it, for one bad picture must not cost the others.

    Args:
        failures: gets ``what`` and the reason.
        what: the block works on.

    Raises:
        ConfigError: an argument is wrong, for everything alike.
        Cancelled: whoever is told the progress wants to stop.
    """
    try:
        yield
    except (ConfigError, Cancelled):
        raise
    # Methods are strangers' code, and raise anything.
    except Exception as problem:
        text = " ".join(str(problem).split())
        if not isinstance(problem, StylemixError):
            text = f"{type(problem).__name__}: {text}"
        failures.append((what, text))
