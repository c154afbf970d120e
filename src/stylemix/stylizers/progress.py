"""Progress of a piece of work as part of a larger one."""

from __future__ import annotations

from stylemix.types import Progress, ProgressEvent


def part_of(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Return the progress of one of several equal parts.

    Args:
        progress: of the whole work; None stays None.
        number: of the part, from 0.
        count: how many parts there are.
    """
    if progress is None:
        return None
    return lambda event: progress(
        ProgressEvent(number * event.total + event.done, count * event.total, event.make_picture)
    )


def before_steps(progress: Progress | None, steps: int) -> Progress | None:
    """Return the progress of work that is none of the steps to come: 0 of them are done.

    Args:
        progress: of the whole work; None stays None.
        steps: how many are to come.
    """
    if progress is None:
        return None
    return lambda event: progress(ProgressEvent(0, steps, event.make_picture))
