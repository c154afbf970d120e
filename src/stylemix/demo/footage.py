"""Clips, painted: what stands behind the page's tab for videos."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

import stylemix
from stylemix.demo.clips import NAME, Clip, most_frames, read_clip
from stylemix.demo.estimates import Work, work_of
from stylemix.demo.limits import named
from stylemix.demo.results import fitted, name_of, write_small
from stylemix.demo.service import Service
from stylemix.demo.video_controls import PAINTING, Asked
from stylemix.errors import Cancelled, StylemixError, VideoError
from stylemix.injections.style import Style
from stylemix.stylizers import Stylizer
from stylemix.types import Progress, ProgressEvent

SHOWN = 1024
"""Long side in pixels of a frame on the page at most."""
CLIPS = 8
"""Checked clips that are kept, with their first frames."""


@dataclass(frozen=True)
class Preview:
    """The first frame.

    Attributes:
        before: path of the clip's.
        after: path of the painted one.
        size: of the result in pixels.
    """

    before: str
    after: str
    size: tuple[int, int]


@dataclass(frozen=True)
class Painted:
    """A painted video.

    Attributes:
        path: of the file.
        poster: path of its first frame.
        size: of the result in pixels.
        frames: how many there are.
        total: how many there would be, had nobody stopped it.
        damaged: frames that couldn't be decoded.
        seconds: that it took.
    """

    path: str
    poster: str
    size: tuple[int, int]
    frames: int
    total: int
    damaged: int
    seconds: float

    def line(self, model: str) -> str:
        """Return size, model, frames and seconds."""
        whole = self.frames >= self.total
        parts = [
            f"{self.size[0]} × {self.size[1]} pixels",
            model,
            f"{self.frames} frames" if whole else f"stopped after {self.frames} of {self.total}",
            f"damaged and replaced: {self.damaged}" if self.damaged else "",
            f"{self.seconds:.1f} s",
        ]
        return " · ".join(part for part in parts if part)


class Footage:
    """Paints first frames at once, and videos when it is their turn.

    Args:
        service: whose models, limits and queue hold.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self._clips: OrderedDict[str, Clip] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = asyncio.Lock()
        self._keeping: set[str | None] = set()

    async def preview(self, asked: Asked) -> Preview:
        """Paint the first frame, as large as in the video, one at a time for all browsers.

        Raises:
            StylemixError: it can't be done.
        """
        async with self._turn:
            return await asyncio.to_thread(self._preview, asked)

    async def paint(self, asked: Asked, session: str | None, progress: Progress) -> Painted:
        """Paint a video, when it is its turn among pictures and videos.

        Args:
            asked: what is asked.
            session: who asks; see :meth:`stop`.
            progress: called from the worker, with a picture of each frame.

        Raises:
            Cancelled: the session has left, or stopped before there was a frame.
            StylemixError: it can't be done.
        """
        try:
            return await self.service.jobs.run(
                lambda tick: self._paint(asked, session, tick),
                session=owner(session),
                progress=progress,
            )
        finally:
            self._keeping.discard(session)

    def ahead(self, session: str | None) -> int:
        """Count the works before a session's video."""
        return self.service.jobs.ahead(owner(session))

    def stop(self, session: str | None) -> None:
        """Stop a session's video and keep the part that is done."""
        self._keeping.add(session)
        self.service.jobs.stop(owner(session))

    def leave(self, session: str | None) -> None:
        """Stop a session's video and keep nothing."""
        self._keeping.discard(session)
        self.service.jobs.stop(owner(session))

    def seconds(self, asked: Asked) -> float | None:
        """Return how long a video will take, or None where that isn't known."""
        if asked.clip.frames is None:
            return None
        known = self.service.estimates.seconds(self._work(asked, asked.clip.frames))
        if known is None:
            alone = replace(self._work(asked, asked.clip.frames), model=_picture_key(asked))
            known = self.service.estimates.seconds(alone)
        return known

    def open(self, path: str) -> Clip:
        """Return an uploaded clip once it is checked; the last few are kept.

        Raises:
            VideoError: it is no video, or too large or long.
        """
        with self._lock:
            if path in self._clips:
                self._clips.move_to_end(path)
                return self._clips[path]
        found = read_clip(path, self.service.limits)
        with self._lock:
            self._clips[path] = found
            while len(self._clips) > CLIPS:
                self._clips.popitem(last=False)
        return found

    def _ready(self, asked: Asked) -> tuple[Stylizer, Style | None]:
        stylizer = self.service.stylizer(asked.model, asked.runtime)
        if asked.painting is None:
            return stylizer, None
        return stylizer, self.service.style(stylizer, asked.model, asked.painting)

    def _preview(self, asked: Asked) -> Preview:
        stylizer, style = self._ready(asked)
        begun = time.perf_counter()
        first = asked.clip.first
        made = next(
            iter(stylemix.stylize_frames([first], style, model=stylizer, steady=0, **asked.options))
        )
        work = replace(self._work(asked, 1), model=_picture_key(asked))
        self.service.estimates.learn(work, time.perf_counter() - begun)
        folder = self.service.folder / f"frame-{secrets.token_hex(16)}"
        folder.mkdir()
        before, after = folder / "before.webp", folder / "frame.webp"
        shown = fitted(asked.size, SHOWN)
        write_small(first, shown, before)
        write_small(made, shown, after)
        return Preview(str(before), str(after), made.size)

    def _paint(self, asked: Asked, session: str | None, tick: Progress) -> Painted:
        begun = time.perf_counter()
        folder = self.service.folder / f"result-{secrets.token_hex(16)}"
        folder.mkdir()
        names = [asked.clip.path, *([asked.painting] if asked.painting else [])]
        out = folder / f"{name_of(names[0], names[1:])}.mp4"
        poster = folder / "poster.webp"
        most = most_frames(asked.size, self.service.limits)
        last = ProgressEvent(0, 0)

        def told(event: ProgressEvent) -> None:
            nonlocal last
            last = event
            if event.done == 1 and (picture := event.picture()) is not None:
                write_small(picture.convert("RGB"), fitted(picture.size, SHOWN), poster)
            if event.done > most:
                raise VideoError(f"{NAME} has more than {most} frames: cut it first")
            tick(event)

        def done(path: Path, frames: int, total: int, damaged: int) -> Painted:
            took = time.perf_counter() - begun
            self.service.estimates.learn(self._work(asked, frames), took)
            return Painted(str(path), str(poster), asked.size, frames, total, damaged, took)

        try:
            stylizer, style = self._ready(asked)
            report = stylemix.stylize_video(
                asked.clip.path,
                style,
                out,
                model=stylizer,
                steady=asked.steady,
                progress=told,
                **asked.options,
            )
            return done(report.path, report.frames, report.frames, report.damaged)
        except Cancelled:
            part = out.with_name(f"{out.stem}.partial{out.suffix}")
            if session in self._keeping and part.is_file():
                return done(part, last.done, last.total, 0)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except StylemixError as problem:
            shutil.rmtree(folder, ignore_errors=True)
            if str(folder) in str(problem):
                raise VideoError(
                    "the server can't write the video: try again in a moment"
                ) from problem
            raise type(problem)(_in_users_words(problem, asked)) from None

    def _work(self, asked: Asked, frames: int) -> Work:
        passes = 2 if asked.strength != 1 else 1
        pixels = asked.size[0] * asked.size[1]
        return work_of(f"{_picture_key(asked)} video", pixels, frames * passes, 0, "thin")


def owner(session: str | None) -> str:
    """Return what the queue calls a session's video, so that pictures are stopped apart."""
    return f"{session} video"


def _picture_key(asked: Asked) -> str:
    return f"{asked.model} {asked.runtime}"


def _in_users_words(problem: Exception, asked: Asked) -> str:
    text = named(problem, asked.clip.path, NAME)
    return named(ValueError(text), asked.painting, PAINTING) if asked.painting else text
