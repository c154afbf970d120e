"""What the page's tab for videos shows while one is painted: its events."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from stylemix.demo.changes import Changes
from stylemix.demo.estimates import in_words
from stylemix.demo.footage import SHOWN, Footage
from stylemix.demo.markup import comparison, player, refused, said, still, strip, working
from stylemix.demo.names import label
from stylemix.demo.previews import Previews
from stylemix.demo.results import fitted
from stylemix.demo.video_controls import Asked, read_asked
from stylemix.demo.watching import TICK, trouble, waiting
from stylemix.errors import Cancelled
from stylemix.types import ProgressEvent

EMPTY = "Choose a clip and a painting, then press Paint the video."
FIRST = "The first frame. Press Paint the video for all of it."
MOST = 6
"""Painted videos that stay one click away."""
NAMES = ("clip", "painting", "strength", "preserve_color", "size", "steady", "model", "runtime")
"""Of the controls, in the order that events hand them on."""


@dataclass(frozen=True)
class Screen(Changes):
    """What changes in the tab, in the order of its outputs; the rest stays.

    Attributes:
        picture: HTML of the frame.
        line: HTML of the line below.
        go: the button that begins.
        cancel: the button that stops.
        download: the button that downloads the video.
        estimate: what the clip will take, in words.
        kept: the painted videos that the page remembers.
        row: HTML of the row of them.
    """

    picture: Any = None
    line: Any = None
    go: Any = None
    cancel: Any = None
    download: Any = None
    estimate: Any = None
    kept: Any = None
    row: Any = None


def ready(**changes: Any) -> Screen:
    """Return a screen whose buttons wait for the next video."""
    return Screen(go=gr.Button(interactive=True), cancel=gr.Button(interactive=False), **changes)


def _nothing() -> gr.DownloadButton:
    """Return a button that waits for a video: what is to be seen is none."""
    return gr.DownloadButton(interactive=False)


class Filming:
    """Paints videos for the page and tells it how far the work has come.

    Args:
        footage: what paints.
    """

    def __init__(self, footage: Footage) -> None:
        self.footage = footage
        self._cancelled: set[str | None] = set()
        self._busy: set[str | None] = set()
        self._begun: Counter[str | None] = Counter()

    def read(self, controls: tuple[Any, ...]) -> Asked:
        """Check the controls' values; see :func:`stylemix.demo.video_controls.read_asked`."""
        named = dict(zip(NAMES, controls, strict=True))
        return read_asked(self.footage.service, self.footage.open, **named)

    def cancel(self, request: gr.Request) -> gr.Button:
        """Stop a browser's video; what it watches shows the part that is done."""
        self._cancelled.add(request.session_hash)
        self.footage.stop(request.session_hash)
        return gr.Button(interactive=False)

    def leave(self, request: gr.Request) -> None:
        """Stop the video of a browser that has left."""
        self._begun.pop(request.session_hash, None)
        self.footage.leave(request.session_hash)

    async def first(self, request: gr.Request, *controls: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Show the first frame painted, for controls that are being changed."""
        session = request.session_hash
        begun = self._begun[session]
        if session in self._busy:
            return
        if controls[0] is None:
            yield Screen(picture="", line=said(EMPTY), estimate="", download=_nothing()).values()
            return
        try:
            yield Screen(line=working("Painting the first frame…", None)).values()
            asked = await asyncio.to_thread(self.read, controls)
            made = await self.footage.preview(asked)
            now = Screen(
                picture=comparison(made.before, made.after, made.size, "The first frame, painted"),
                line=said(FIRST),
                download=_nothing(),
                estimate=self.expected(asked),
            )
        except Exception as problem:  # told on the page; what is no error of ours is raised again
            now = Screen(line=trouble(problem), estimate="")
        # It would cover the video that was asked for since.
        if begun == self._begun[session]:
            yield now.values()

    async def paint(self, request: gr.Request, *given: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Paint a video; ``given`` are the controls and the videos that the page remembers."""
        *controls, kept = given
        session = request.session_hash
        if session in self._busy:
            return
        self._busy.add(session)
        self._begun[session] += 1
        self._cancelled.discard(session)
        try:
            asked = await asyncio.to_thread(self.read, tuple(controls))
            async for now in self._watch(asked, session, kept):
                yield now.values()
        except Exception as problem:  # told on the page; what is no error of ours is raised again
            yield ready(line=trouble(problem)).values()
        finally:
            self._cancelled.discard(session)
            self._busy.discard(session)

    def show(self, event: gr.SelectData, kept: Any) -> tuple[Any, ...]:
        """Show one of the videos that the page remembers."""
        entries = remembered(kept)
        if event.index >= len(entries):
            return Screen(line=refused("This video is no longer on the server.")).values()
        return self._shown(entries[event.index]).values()

    def expected(self, asked: Asked) -> str:
        """Return frames, size and expected seconds of what is asked for, in words."""
        seconds, frames = self.footage.seconds(asked), asked.clip.frames
        size = f"{asked.size[0]} × {asked.size[1]} pixels"
        told = size if frames is None else f"{frames} frames of {size}"
        return told + (f", {in_words(seconds)}" if seconds else "")

    async def _watch(self, asked: Asked, session: str | None, kept: Any) -> AsyncIterator[Screen]:
        footage = self.footage
        yield Screen(
            line=working("Waiting…", None),
            go=gr.Button(interactive=False),
            cancel=gr.Button(interactive=True),
        )
        previews = Previews(None, footage.service.folder)
        begun: list[float] = []
        paces: list[float] = []
        last = ProgressEvent(0, 0)

        def report(event: ProgressEvent) -> None:
            nonlocal last
            last = event
            if not begun:
                begun.append(time.monotonic())
            if event.make_picture is not None:
                paces.append(time.monotonic())
                del paces[1:-1]
                previews.put(event)

        expected = footage.seconds(asked)
        shown = fitted(asked.size, SHOWN)
        task = asyncio.ensure_future(footage.paint(asked, session, report))
        try:
            while not task.done():
                picture = await previews.get(task, TICK)
                stopping = session in self._cancelled
                if stopping and not begun:
                    raise Cancelled("the work was cancelled")
                if task.done():
                    break
                if not begun:
                    yield Screen(line=working(waiting(footage.ahead(session)), None))
                    continue
                pace = (paces[-1] - paces[0]) / (last.done - 1) if last.done > 2 else None
                words = ("Stopping after this frame…", None) if stopping else None
                known = asked.clip.frames is not None
                line = working(*(words or told(last, pace, expected, known)))
                frame = None if picture is None else still(picture.after, shown, "So far")
                yield Screen(line=line, picture=frame)
            painted = await task
        finally:
            task.cancel()  # Gradio also closes this generator when the browser has left
        entry = {**asdict(painted), "line": painted.line(label(asked.model))}
        entries = [entry, *remembered(kept)][:MOST]
        yield replace(self._shown(entry), kept=entries, row=row_of(entries))

    def _shown(self, entry: dict[str, Any]) -> Screen:
        title = f"{Path(entry['path']).stem}, painted"
        return ready(
            picture=player(entry["path"], entry["poster"], tuple(entry["size"]), title),
            line=said(entry["line"]),
            download=gr.DownloadButton(value=entry["path"], interactive=True),
        )


def told(
    event: ProgressEvent, pace: float | None, expected: float | None, known: bool
) -> tuple[str, float | None]:
    """Return how far a video has come, in words and as a share.

    Args:
        event: the last one.
        pace: seconds per frame, once that is known.
        expected: seconds in all, where that is known before.
        known: whether the clip says how many frames it has.
    """
    if not event.make_picture:
        return "Starting" + (f", {in_words(expected)} in all" if expected else "…"), None
    if not known:
        return f"Frame {event.done}", None
    left = "" if pace is None else f", {in_words(pace * (event.total - event.done))} left"
    return f"Frame {event.done} of {event.total}{left}", event.done / event.total


def remembered(kept: Any) -> list[dict[str, Any]]:
    """Return the painted videos whose files are still there."""
    entries = kept if isinstance(kept, list) else []
    return [e for e in entries if Path(e["path"]).is_file() and Path(e["poster"]).is_file()]


def row_of(entries: list[dict[str, Any]]) -> str:
    """Return the row of painted videos as HTML; empty where there is none."""
    return strip([(e["poster"], Path(e["path"]).stem, "") for e in entries], "Your videos")
