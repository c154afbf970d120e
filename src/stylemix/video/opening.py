"""From a path to the source or the writer that fits it."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from stylemix.errors import VideoError
from stylemix.images import picture_endings
from stylemix.video import animation
from stylemix.video.animation import AnimationSource
from stylemix.video.audio import AudioTracks
from stylemix.video.container import ContainerSource
from stylemix.video.formats import FORMATS
from stylemix.video.movie import MovieWriter
from stylemix.video.numbered import RATE, FolderSource, FolderWriter
from stylemix.video.resumable import PiecesWriter, ResumableFolder
from stylemix.video.source import Source
from stylemix.video.targets import check_target
from stylemix.video.writing import Writer

_FINEST = Fraction(1, 1_000_000)  # of time bases that are taken over
_TICK = Fraction(1, 90000)
_PIECES = {"prores": "mov", "vp9": "webm"}
"""Containers of pieces, by codec; the others' are MP4. WebM keeps VP9's transparency."""


def open_source(path: str | os.PathLike[str], rate: Fraction | None = None) -> Source:
    """Open a video file, an animated GIF or WebP, or a folder of numbered frames.

    Args:
        path: what to read.
        rate: frames per second of a folder; other sources have their own.

    Raises:
        VideoError: it is none of these.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        return FolderSource(name, rate or RATE)
    ending = Path(name).suffix.lower()
    if ending in animation.ENDINGS:
        return AnimationSource(name)
    if ending in picture_endings() and ending not in FORMATS and os.path.isfile(name):
        raise VideoError(
            f"{name!r} is a still picture: use `stylemix stylize`, or stylemix.stylize"
        )
    return ContainerSource(name)


def open_writer(
    target: str | os.PathLike[str],
    source: Source,
    *,
    codec: str | None,
    crf: int | None,
    rate: Fraction | None,
    audio: bool,
    start: Fraction,
    end: Fraction | None,
    resume: bool = False,
) -> Writer:
    """Open what frames are written to; nothing is on the disk yet but a folder.

    Args:
        target: a file or a folder.
        source: where the frames come from.
        codec: see :func:`stylemix.video.formats.choose_codec`.
        crf: see there.
        rate: frames per second of the result where it is constant, else None.
        audio: whether to put the sound of ``source`` in.
        start: seconds of the source at which the result begins.
        end: seconds at which it ends, or None.
        resume: whether a later run shall be able to go on, and this one goes on.

    Raises:
        VideoError: the folder doesn't exist or can't be written to, or the source would be
            overwritten.
        ConfigError: container, codec and crf don't fit together.
    """
    path = Path(target)
    found = check_target(target, source.path, codec, crf, resume=resume)
    if found is None:
        return ResumableFolder(path) if resume else FolderWriter(path)
    container, chosen, quality = found
    tracks = None
    if audio and isinstance(source, ContainerSource) and container not in ("gif", "webp"):
        cut = start > 0 or end is not None
        tracks = AudioTracks(
            source.path,
            source.origin + start,
            None if end is None else source.origin + end,
            cut=cut,
        )
    base = source.time_base if rate is None else _TICK
    if not _FINEST <= base <= Fraction(1, 10):
        base = _TICK
    if rate is None and start > 0:
        base = min(base, _TICK)
    average = rate or source.rate
    whole = MovieWriter(
        path, container, chosen, quality, rate=average, time_base=base, audio=tracks
    )
    if not resume:
        return whole
    box = _PIECES.get(chosen.standard, "mp4")
    return PiecesWriter(
        whole,
        lambda file: MovieWriter(file, box, chosen, quality, rate=average, time_base=base),
        f".{box}",
        base,
        relative=box != "webm",
    )
