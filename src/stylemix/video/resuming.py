"""Work on a video that a later run goes on with: finished pieces, and where they end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError, VideoError
from stylemix.images.atomic import remove_abandoned, replacing
from stylemix.images.write_errors import not_written
from stylemix.injections.style import Style
from stylemix.video.consistency import Former

LENGTH = 50
"""Frames of a piece: what a kill costs at most."""

_STATE = "state.npz"


@dataclass(frozen=True)
class Piece:
    """A finished part of a video.

    Attributes:
        name: of its file in the folder of the work.
        begin: ticks at which its first frame appears.
        end: ticks at which its last one goes.
    """

    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class Point:
    """How far a video has come.

    Attributes:
        count: frames that are done.
        scenes: scenes that began with one of them.
        former: what the next frame needs of the last one; None for none done.
        pieces: where the frames are; none where each is a file of its own.
    """

    count: int = 0
    scenes: int = 0
    former: Former | None = None
    pieces: tuple[Piece, ...] = ()


class Work:
    """The folder in which the work on a video lies until it is complete.

    Args:
        folder: made with the first state; it is gone when the video is complete.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._job = ""

    def load(self, job: str) -> Point:
        """Return how far an earlier run has come with a job.

        Raises:
            ConfigError: what lies there is of another job.
            VideoError: it is damaged.
        """
        self._job = job
        path = self.folder / _STATE
        if not path.is_file():
            return Point()
        try:
            with np.load(path, allow_pickle=False) as arrays:
                told = json.loads(str(arrays["told"]))
                former = Former(*(arrays[field.name] for field in fields(Former)))
            pieces = tuple(Piece(**piece) for piece in told["pieces"])
            point = Point(told["count"], told["scenes"], former, pieces)
            missing = [p.name for p in pieces if not (self.folder / p.name).is_file()]
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as problem:
            raise VideoError(
                f"{str(path)!r} is damaged ({problem}): delete the folder to begin anew"
            ) from problem
        if missing:
            raise VideoError(
                f"{missing[0]} is missing in {str(self.folder)!r}: delete the folder to begin anew"
            )
        if told["job"] != job:
            raise ConfigError(
                f"{str(self.folder)!r} holds work with another video, painting, model or other "
                "settings: give the same ones to go on, or delete the folder to begin anew"
            )
        return point

    def make(self) -> None:
        """Make the folder.

        Raises:
            VideoError: it can't be made.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as problem:
            raise self._explain(problem) from problem

    def save(self, point: Point) -> None:
        """Note how far the work has come; a kill leaves the former state or the new one.

        Raises:
            VideoError: it can't be written.
        """
        assert point.former is not None
        told = {
            "job": self._job,
            "count": point.count,
            "scenes": point.scenes,
            "pieces": [vars(piece) for piece in point.pieces],
        }
        arrays = {field.name: getattr(point.former, field.name) for field in fields(Former)}
        path = self.folder / _STATE
        self.make()
        remove_abandoned(path)
        with replacing([path], self._explain) as (part,), part.open("wb") as file:
            np.savez(file, told=np.array(json.dumps(told)), **arrays)

    def remove(self) -> None:
        """Remove the folder; the video is complete."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _explain(self, problem: Exception) -> VideoError:
        return VideoError(not_written(self.folder, problem, "leave --resume out"))


def describe_job(**settings: Any) -> str:
    """Return a digest of everything that a video's frames depend on.

    Args:
        settings: numbers, texts, paths (whose size and time of change count), pictures, tensors,
            encoded styles, and structures of them.
    """
    digest = hashlib.sha256()
    _feed(digest, settings)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    kind = type(value).__name__
    if isinstance(value, Style):
        # What was encoded may differ in its last bits from run to run.
        value = value.prepared if value.painting is None else value.painting
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, Image.Image):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        digest.update(f"{kind}{value.dtype}{value.shape}".encode() + value.tobytes())
    elif is_dataclass(value) and not isinstance(value, type):
        _feed(digest, {field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, Mapping):
        _feed_all(digest, (part for pair in sorted(value.items(), key=str) for part in pair))
    elif isinstance(value, str | os.PathLike):
        digest.update(f"text {os.fspath(value)!r}".encode() + _stamp(os.fspath(value)))
    elif isinstance(value, list | tuple):
        _feed_all(digest, value)
    elif value is None or isinstance(value, bool | int | float | Fraction):
        digest.update(f"{kind} {value!r};".encode())
    else:
        raise ConfigError(f"a video with a {kind} among its settings can't be resumed")


def _feed_all(digest: Any, values: Iterable[Any]) -> None:
    digest.update(b"(")
    for value in values:
        _feed(digest, value)
    digest.update(b")")


def _stamp(name: str) -> bytes:
    """Return what tells one state of a file or folder from another; nothing for other texts."""
    if not os.path.exists(name):
        return b""
    path = Path(name)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [(f.name, s.st_size, s.st_mtime_ns) for f in files for s in [f.stat()]]
    return repr(found).encode()
