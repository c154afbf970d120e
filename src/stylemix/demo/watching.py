"""What the page shows while pictures are painted: the events of its right side."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
import torch

from stylemix.demo import history
from stylemix.demo.changes import Changes
from stylemix.demo.controls import Order
from stylemix.demo.estimates import in_words
from stylemix.demo.history import Entry
from stylemix.demo.markup import comparison, refused, said, sheet, working
from stylemix.demo.names import label
from stylemix.demo.previews import Previews
from stylemix.demo.results import fitted, write_small
from stylemix.demo.service import FULL, Painted, Service, sentence
from stylemix.errors import Cancelled, StylemixError
from stylemix.images import read
from stylemix.types import ProgressEvent

TICK = 0.4
"""Seconds between two looks at the work."""
QUICK = 384
"""Long side in pixels of the picture that follows the strength."""
STRENGTHS = (0.5, 0.75, 1.0)
"""Of the sheet for a single painting."""
VARIANT = 768
"""Long side in pixels of a picture on the sheet at most."""
STOPPED = "Cancelled."


@dataclass(frozen=True)
class View(Changes):
    """What changes on the right side, in the order of the page's outputs; the rest stays.

    Attributes:
        result: HTML of the frame.
        line: HTML of the line below.
        go: the button that begins.
        variants: the button that begins a sheet.
        cancel: the button that ends without a picture.
        stop: the button that ends with the picture so far.
        jpeg: the button that downloads a JPEG.
        png: the button that downloads a PNG.
        reuse: the button that takes the picture for the photograph.
        shown: the records of the pictures in the frame.
        kept: the records that the browser keeps.
        strip: HTML of the row of the browser's pictures.
    """

    result: Any = None
    line: Any = None
    go: Any = None
    variants: Any = None
    cancel: Any = None
    stop: Any = None
    jpeg: Any = None
    png: Any = None
    reuse: Any = None
    shown: Any = None
    kept: Any = None
    strip: Any = None


def idle(**changes: Any) -> View:
    """Return a view whose buttons wait for the next picture."""
    return View(
        go=gr.Button(interactive=True),
        variants=gr.Button(interactive=True),
        cancel=gr.Button(visible=True, interactive=False),
        stop=gr.Button(visible=False),
        **changes,
    )


class Watching:
    """Paints for the page and tells it how far the work has come.

    Args:
        service: what paints.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self._cancelled: set[str | None] = set()
        self._begun = 0

    def cancel(self, request: gr.Request) -> gr.Button:
        """End a browser's work without a picture; what it watches tells that within a tick."""
        self._cancelled.add(request.session_hash)
        self.service.jobs.stop(request.session_hash)
        return gr.Button(interactive=False)

    async def paint(self, request: gr.Request, *given: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Paint one picture; ``given`` are the controls and what the browser keeps.

        The picture on the page stays until there is another one, and errors are told below it.
        """
        *controls, kept = given
        try:
            order, model = self.service.read(controls)
            async for view in self._one(order, model, request, kept):
                yield view.values()
        except Exception as problem:  # told on the page; what is no error of ours is raised again
            yield idle(line=trouble(problem)).values()

    async def variants(self, request: gr.Request, *given: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Paint a sheet: one painting in three strengths, or several each alone and together."""
        *controls, kept = given
        try:
            order, model = self.service.read(controls)
            made: list[Entry] = []
            variants = variants_of(self.service.small(order, VARIANT))
            for number, (title, variant) in enumerate(variants, 1):
                before = f"Picture {number} of {len(variants)}: "
                async for view in self._one(variant, model, request, kept, before):
                    if not view.shown:
                        yield view.values()
                        continue
                    made.append(replace(Entry(**view.shown[0]), title=title))
                    kept = history.with_new(made[-1], kept, self.service.uploads)
            yield idle(
                result=sheet([(e.after, e.title) for e in made]),
                line=said("Choose one to see it large."),
                shown=[e.record() for e in made],
                kept=kept,
                strip=history.strip_of(kept, self.service.uploads),
                jpeg=gr.DownloadButton(interactive=False),
                png=gr.DownloadButton(interactive=False),
                reuse=gr.Button(interactive=False),
            ).values()
        except Exception as problem:
            yield idle(line=trouble(problem)).values()

    async def quick(self, *controls: Any) -> tuple[Any, ...]:
        """Return a small picture at once, for a control that is being moved."""
        service, begun = self.service, self._begun
        if service.jobs.open:
            return View().values()
        try:
            order, model = service.read(controls)
            small = service.small(order, QUICK)
            if service.work(small, model).steps:
                return View().values()
            picture, _ = await asyncio.to_thread(service.render, small, model)
        except StylemixError:
            return View().values()  # it is told when the button is pressed
        if self._begun != begun:
            return View().values()  # it would cover the picture that was asked for since
        folder = service.folder / f"quick-{secrets.token_hex(16)}"
        folder.mkdir()
        before, after = folder / "before.webp", folder / "quick.webp"
        write_small(picture, picture.size, after)
        write_small(read(order.photo, long_side=QUICK).to_pil(), picture.size, before)
        return View(
            result=comparison(str(before), str(after), picture.size, "A quick preview"),
            line=said(f"A quick preview of {QUICK} pixels: press Paint it for the picture."),
            shown=[],
            jpeg=gr.DownloadButton(interactive=False),
            png=gr.DownloadButton(interactive=False),
            reuse=gr.Button(interactive=False),
        ).values()

    def estimate(self, *controls: Any) -> str:
        """Return size and expected seconds of what is asked for, in words; "" where nothing is."""
        try:
            order, model = self.service.read(controls)
        except StylemixError:
            return ""
        seconds = self.service.estimates.seconds(self.service.work(order, model))
        width, height = order.size
        return f"{width} × {height} pixels" + (f", {in_words(seconds)}" if seconds else "")

    def show(self, entry: Entry, kept: Any = None) -> View:
        """Return the view of a finished picture."""
        return idle(
            result=entry.comparison(),
            line=said(entry.line),
            jpeg=gr.DownloadButton(value=entry.jpeg, interactive=True),
            png=gr.DownloadButton(value=entry.png, interactive=True),
            reuse=gr.Button(interactive=True),
            shown=[entry.record()],
            kept=kept,
            strip=None if kept is None else history.strip_of(kept, self.service.uploads),
        )

    async def _one(
        self, order: Order, model: str, request: gr.Request, kept: Any, before: str = ""
    ) -> AsyncIterator[View]:
        service, session = self.service, request.session_hash
        self._begun += 1
        self._cancelled.discard(session)
        yield View(
            line=working(before + "Waiting…", None),
            go=gr.Button(interactive=False),
            variants=gr.Button(interactive=False),
            cancel=gr.Button(visible=True, interactive=True),
            stop=gr.Button(visible=False),
        )
        previews = Previews(order.photo, service.folder)
        begun: list[float] = []
        last = ProgressEvent(0, 0)

        def report(event: ProgressEvent) -> None:
            nonlocal last
            last = event
            if not begun:
                begun.append(time.monotonic())
            if event.done and event.make_picture is not None:
                previews.put(event)

        expected = service.estimates.seconds(service.work(order, model))
        steps = service.steps(order, model)
        task = asyncio.ensure_future(service.paint(order, model, session, report))
        try:
            while not task.done():
                picture = await previews.get(task, TICK)
                if session in self._cancelled:
                    raise Cancelled("the work was cancelled")
                if task.done():
                    break
                if not begun:
                    yield View(line=working(before + waiting(service.jobs.ahead(session)), None))
                    continue
                now = time.monotonic() - begun[0]
                view = View(line=working(*told(last, bool(steps), now, expected, before)))
                if picture is not None:
                    size = fitted(order.size, 1024)
                    view = replace(
                        view,
                        result=comparison(picture.before, picture.after, size, "So far"),
                        cancel=gr.Button(visible=False),
                        stop=gr.Button(visible=True, interactive=True),
                    )
                yield view
            painted = await task
        finally:
            task.cancel()  # Gradio also closes this generator when the browser has left
            self._cancelled.discard(session)
        entry = entry_of(painted, order, label(model))
        yield self.show(entry, history.with_new(entry, kept, service.uploads))


def entry_of(painted: Painted, order: Order, model: str) -> Entry:
    """Return what the browser keeps of a picture."""
    result = painted.result
    return Entry(
        result.png,
        result.jpeg,
        result.before,
        result.after,
        result.thumbnail,
        order.photo,
        *painted.size,
        title=", ".join(Path(path).stem for path in (order.photo, *order.paintings)),
        line=painted.line(model),
    )


def variants_of(order: Order) -> list[tuple[str, Order]]:
    """Return titles and orders of the pictures on a sheet."""
    options = order.options
    if len(order.paintings) < 2:
        return [
            (f"Strength {strength:g}", replace(order, options=replace(options, strength=strength)))
            for strength in STRENGTHS
        ]
    alone = [
        (
            name.capitalize(),
            replace(
                order,
                paintings=(painting,),
                labels=(name,),
                options=replace(options, weights=None, masks=None),
            ),
        )
        for painting, name in zip(order.paintings, order.labels, strict=True)
    ]
    return [*alone, ("All together", order)]


def waiting(ahead: int) -> str:
    """Return the place in the queue in words."""
    if ahead == 0:
        return "Starting…"
    return "Waiting: " + ("one is" if ahead == 1 else f"{ahead} are") + " before"


def told(
    event: ProgressEvent, optimized: bool, seconds: float, expected: float | None, before: str = ""
) -> tuple[str, float | None]:
    """Return how far the work has come, in words and as a share.

    Args:
        event: the last one.
        optimized: whether it counts steps of optimization, not tiles.
        seconds: since the beginning.
        expected: seconds in all, where that is known.
        before: what to say first.
    """
    if optimized and event.done:
        return f"{before}Step {event.done} of {event.total}", event.done / event.total
    if event.total > 2 and not optimized:
        return f"{before}Tile {event.done} of {event.total}", event.done / event.total
    # One pass tells nothing between its beginning and its end.
    if expected is None or seconds > 1.5 * expected:
        return f"{before}Painting for {seconds:.0f} s", None
    return f"{before}Painting, {in_words(expected)} in all", min(0.95, seconds / expected)


def trouble(problem: Exception) -> str:
    """Return the line on an error; what is no error of ours is raised again."""
    if isinstance(problem, Cancelled):
        return said(STOPPED)
    if isinstance(problem, StylemixError):
        return refused(sentence(str(problem)))
    if isinstance(problem, MemoryError | torch.OutOfMemoryError):
        return refused(FULL)
    raise problem


def records_shown(shown: Any) -> Sequence[Any]:
    """Return the records of the pictures in the frame."""
    return shown if isinstance(shown, list) else []
