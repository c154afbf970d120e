"""What goes wrong, as one line on the standard error and an exit status."""

from __future__ import annotations

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from stylemix.errors import StylemixError, out_of_memory

SOME_FAILED = 1
WRONG = 2
UNEXPECTED = 70
INTERRUPTED = 130

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

EXIT_CODES = """\b
Exit status:
  0    everything was done
  1    some of several pictures failed; they are listed with the reason
  2    a wrong argument, file or model; the message says what to do
  70   an unexpected error, worth a report
  130  interrupted with Ctrl-C
"""
"""For the end of a help text."""


@contextmanager
def reporting(debug: bool = False) -> Iterator[None]:
    """Turn errors of the block into a line on the standard error, then exit.

    Warnings become one line too, without the source line that caused them.

    Args:
        debug: show the traceback as well.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click shows these itself
        except KeyboardInterrupt:
            _trace(debug)
            click.echo("\nInterrupted.", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            raise  # click ends quietly when the reader of a pipe has left
        except Exception as problem:
            _trace(debug)
            click.echo(f"Error: {explain(problem)}", err=True)
            sys.exit(WRONG if is_expected(problem) else UNEXPECTED)


def is_expected(problem: Exception) -> bool:
    """Tell errors that the user can do something about from faults of the program."""
    return isinstance(problem, StylemixError | OSError) or out_of_memory(problem)


def explain(problem: Exception) -> str:
    """Say on one line what happened and what to do about it."""
    text = " ".join(str(problem).split())
    if isinstance(problem, StylemixError):
        return text or type(problem).__name__
    if out_of_memory(problem):
        return (
            "the memory is full: give a smaller --tile (such as 384) or --size, or another --device"
        )
    if isinstance(problem, OSError):
        return text or type(problem).__name__
    return (
        f"unexpected {type(problem).__name__}: {text} (a fault of stylemix or of a plugin; "
        "`stylemix --debug ...` shows where, please report it)"
    )


def list_failures(failures: Sequence[tuple[str, str]], what: str = "failed") -> None:
    """Print on the standard error how many things failed, and each with its reason."""
    if failures:
        click.echo(f"{len(failures)} {what}:", err=True)
        for name, reason in failures:
            click.echo(f"  {name}: {reason}", err=True)


def writes_no_more(problem: BaseException, folder: str) -> bool:
    """Tell whether nothing more can be written to a folder after an error."""
    found: BaseException | None = problem
    while found is not None:
        if isinstance(found, OSError) and found.errno in _FULL:
            return True
        found = found.__cause__
    return not os.access(folder, os.W_OK)


def _trace(debug: bool) -> None:
    if debug:
        click.echo(traceback.format_exc(), err=True, nl=False)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    click.echo(f"Warning: {' '.join(str(message).split())}", err=True)
