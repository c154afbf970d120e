"""The bar that shows how far a command has come."""

from __future__ import annotations

import sys
from typing import Any


def progress_bar(unit: str, total: int | None = None) -> Any:
    """Return a ``tqdm`` bar on stderr.

    Args:
        unit: what it counts.
        total: how many there will be, where that is known.
    """
    from tqdm import tqdm

    # disable=None shows it on a terminal only.
    return tqdm(
        total=total, unit=unit, file=sys.stderr, disable=None, leave=False, dynamic_ncols=True
    )
