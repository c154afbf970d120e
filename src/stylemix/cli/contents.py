"""From the arguments CONTENT and OUT to what is read and where it is written."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stylemix.errors import PictureError
from stylemix.images.files import is_picture_name
from stylemix.images.saving import FORMATS, format_of

FALLBACK = ".png"
"""The ending of results whose photograph has one that can't be written, such as .bmp."""


@dataclass(frozen=True)
class Job:
    """One photograph and the file that its result goes to."""

    content: Path
    target: Path


@dataclass
class Plan:
    """What one call has to do.

    Attributes:
        jobs: photographs and targets.
        many: whether CONTENT is a folder or a pattern, and so OUT a folder.
        left_out: names in the folder or of the pattern's matches that are no picture files.
    """

    jobs: list[Job]
    many: bool
    left_out: list[str] = field(default_factory=list)


def plan(content: str, out: str, others: Sequence[str] = ()) -> Plan:
    """Find the photographs and name their results; nothing is written yet.

    Args:
        content: a picture file, a folder of pictures (not the folders in it) or a glob pattern,
            in which ``**`` matches folders of any depth.
        out: the result's file; a folder where ``content`` is a folder or a pattern. Results keep
            their photograph's name, and its ending where that can be written.
        others: further files that are read and so must not be overwritten.

    Raises:
        PictureError: no photograph is found, ``out`` can't be a picture file, two results would
            have one name, or a result would overwrite a file that is read.
    """
    found = _find(content)
    if found is None:
        jobs = [Job(Path(content), check_target(out))]
        made = Plan(jobs, many=False)
    else:
        files, left_out = found
        if not files:
            beside = f" (it holds {_names(left_out)})" if left_out else ""
            raise PictureError(
                f"{content!r} has no picture files{beside}; check the path, and "
                "put patterns such as 'photos/*.jpg' in quotes"
            )
        folder = Path(out)
        if folder.exists() and not folder.is_dir():
            raise PictureError(
                f"{out!r} is a file; several photographs need a folder to be written to"
            )
        made = Plan([Job(f, folder / result_name(f.name)) for f in files], True, left_out)
    _refuse_overwriting(made.jobs, [Path(o) for o in others])
    return made


def make_folder(out: str) -> None:
    """Make the folder ``out`` where it is missing.

    Raises:
        PictureError: it can't be made.
    """
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise PictureError(
            f"the folder {out!r} can't be made ({problem.strerror}); choose another one"
        ) from problem


def result_name(name: str) -> str:
    """Return the file name of a photograph's result: its own, where that format can be written."""
    path = Path(name)
    return name if path.suffix.lower() in FORMATS else path.stem + FALLBACK


def _find(content: str) -> tuple[list[Path], list[str]] | None:
    """Return a folder's or pattern's files and what is left out; None for a single file."""
    path = Path(content)
    if path.is_dir():
        try:
            entries = sorted(path.iterdir())
        except OSError as problem:
            raise PictureError(
                f"the folder {content!r} can't be read ({problem.strerror}); check your rights"
            ) from problem
        visible = [e for e in entries if not e.name.startswith(".")]
        files = [e for e in visible if is_picture_name(e) and not e.is_dir()]
        return files, [e.name for e in visible if e not in set(files)]
    if not glob.has_magic(content) or path.exists():
        return None
    matches = [Path(m) for m in sorted(glob.glob(content, recursive=True))]
    return ([m for m in matches if not m.is_dir()], [str(m) for m in matches if m.is_dir()])


def check_target(out: str) -> Path:
    """Return the path of a result that is about to be made.

    Raises:
        PictureError: it can't be a picture file, or its folder isn't there or not writable.
    """
    target = Path(out)
    if target.is_dir():
        raise PictureError(
            f"{out!r} is a folder: add a file name such as result.png (where "
            "CONTENT is a pattern, put it in quotes)"
        )
    format_of(out)
    if not target.parent.is_dir():
        raise PictureError(f"the folder {str(target.parent)!r} doesn't exist: create it first")
    if not os.access(target.parent, os.W_OK):
        raise PictureError(
            f"you may not write to {str(target.parent)!r} "
            f"({os.strerror(errno.EACCES)}): choose another folder"
        )
    return target


def pictures_in(folder: str) -> list[str]:
    """Return the picture files of a folder (or of a pattern) by name.

    Raises:
        PictureError: there are none.
    """
    found = _find(folder)
    if found is None:
        raise PictureError(f"{folder!r} is no folder: give a folder of pictures")
    if not found[0]:
        raise PictureError(f"{folder!r} has no picture files; check the path")
    return [str(f) for f in found[0]]


def check_file(out: str, inputs: Iterable[str]) -> None:
    """Check that ``out`` lies in a folder that exists, and is none of the files that are read.

    Raises:
        PictureError: it isn't so.
    """
    if not Path(out).parent.is_dir():
        raise PictureError(f"the folder {str(Path(out).parent)!r} doesn't exist: create it first")
    own = _identity(Path(out))
    if own is not None and own in {_identity(Path(i)) for i in inputs}:
        raise PictureError(f"{out!r} is read and would be overwritten; choose another name")


def _refuse_overwriting(jobs: Sequence[Job], others: Iterable[Path]) -> None:
    by_target: dict[Path, Path] = {}
    for job in jobs:
        if job.target in by_target:
            raise PictureError(
                f"{str(by_target[job.target])!r} and {str(job.content)!r} would "
                f"both be written to {str(job.target)!r}; stylize them into two "
                "folders, or rename one"
            )
        by_target[job.target] = job.content
    read = [_identity(path) for path in (*(j.content for j in jobs), *others)]
    inputs = {i for i in read if i is not None}
    for job in jobs:
        if _identity(job.target) in inputs:
            raise PictureError(
                f"{str(job.target)!r} is read and would be overwritten; choose another OUT"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Tell files apart whatever they are called (links, upper and lower case)."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _names(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def describe_left_out(names: Sequence[str]) -> str:
    """Say in one line what was found but is no picture file."""
    return f"left out, no picture files: {_names(names)}"
