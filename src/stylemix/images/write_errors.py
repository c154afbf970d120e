"""What to say and to advise where a file can't be written."""

from __future__ import annotations

import errno
import os

FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
"""Numbers of the errors that say that there is no more room."""

_FORBIDDEN = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))


def not_written(
    target: str | os.PathLike[str],
    problem: Exception,
    remedy: str = "choose another folder or file name",
) -> str:
    """Return a message that names a file, says why it can't be written and what to do.

    Args:
        target: the file or folder.
        problem: what the system or a library raised; an ``errno`` is understood.
        remedy: what to do where there is room, and the right to write.
    """
    number = getattr(problem, "errno", None)
    if number in FULL:
        remedy = "the disk or its quota is full: free some space, or choose another place"
    elif number in _FORBIDDEN:
        remedy = "you may not write there: choose another folder"
    reason = getattr(problem, "strerror", None) or str(problem)
    return f"{os.fspath(target)!r} can't be written ({reason}): {remedy}"
