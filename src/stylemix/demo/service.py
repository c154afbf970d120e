"""What the page's events and the API endpoint ``/stylize`` do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from PIL import Image

import stylemix
from stylemix.checkpoint import read_config
from stylemix.checkpoint.catalogue import methods
from stylemix.checkpoint.catalogue import models as known
from stylemix.checkpoint.download import cached
from stylemix.checkpoint.model_card import needs_painting
from stylemix.checkpoint.published import REPOSITORY
from stylemix.demo.controls import AUTOMATIC, PALETTE, Request, read_request
from stylemix.demo.jobs import Jobs
from stylemix.demo.limits import Limits, check_picture, check_work, named
from stylemix.demo.look import bar
from stylemix.demo.previews import Previews
from stylemix.demo.results import Result, preview, write
from stylemix.demo.uploads import Drawings, Uploads, read_layers
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.stylizers import Progress

EDITOR_SIDE = 1024
"""Long side in pixels of the photograph that regions are drawn on."""


@dataclass(frozen=True)
class Painted:
    """A result and what the line below it says.

    Attributes:
        result: its files.
        line: size, model, steps and seconds.
    """

    result: Result
    line: str


class Service:
    """Everything behind the page; one for a server.

    Args:
        models: what each name in the list of models stands for; see :func:`stylemix.load`.
        limits: the server's bounds.
        uploads: the files that requests may name.
        folder: where results are written.
    """

    def __init__(
        self, models: Mapping[str, str], limits: Limits, uploads: Uploads, folder: Path
    ) -> None:
        self.models = dict(models)
        self.limits = limits
        self.uploads = uploads
        self.folder = folder
        self.jobs = Jobs()
        self.drawings = Drawings()
        self._keeping: set[str] = set()

    async def stylize(
        self,
        photo: dict[str, Any] | None,
        painting_1: dict[str, Any] | None = None,
        painting_2: dict[str, Any] | None = None,
        painting_3: dict[str, Any] | None = None,
        painting_4: dict[str, Any] | None = None,
        weight_1: float = 1.0,
        weight_2: float = 1.0,
        weight_3: float = 1.0,
        weight_4: float = 1.0,
        strength: float = 1.0,
        preserve_color: bool = False,
        regions: dict[str, Any] | None = None,
        size: str = "1024",
        tile: str = AUTOMATIC,
        model: str = "film",
        refine: float = 0,
        refine_features: str = "thin",
        palette: dict[str, Any] | None = None,
        request: gr.Request = None,  # type: ignore[assignment]
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio hands it in
    ) -> tuple[str, tuple[str, str], str]:
        """Render a photograph in the style of one to four paintings, or in the model's own.

        Regions: a picture of the photograph's proportions among the layers, transparent where the
        photograph stays; painting 1 holds where it is #e4572e, 2 where #2f80d1, 3 where #f2b705
        and 4 where #0f9d58.

        Returns the result as PNG; small pictures of the photograph and the result; a line on it.
        """
        with _told():
            asked = self._asked(
                photo,
                painting_1,
                painting_2,
                painting_3,
                painting_4,
                weight_1,
                weight_2,
                weight_3,
                weight_4,
                strength,
                preserve_color,
                regions,
                size,
                tile,
                model,
                refine,
                refine_features,
                palette,
            )
            painted = await self._paint(asked, model, _session(request), _shown_by(progress))
        return painted.result.png, (painted.result.before, painted.result.after), painted.line

    async def watch(
        self,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio hands it in
        *controls: Any,
    ) -> AsyncIterator[tuple[Any, ...]]:
        """Do what :meth:`stylize` does for the page, which sees the picture grow.

        Gives the result's file, the two pictures to compare, the line, the bar, and the buttons
        that cancel and that stop: once there is a picture so far, the latter takes the former's
        place.
        """
        with _told():
            asked = self._asked(*controls)
            model = controls[14]
            previews = Previews(asked.photo, self.folder) if self._steps(asked, model) else None
            work = asyncio.ensure_future(
                self._paint(asked, model, _session(request), _shown_by(progress), previews)
            )
            try:
                while previews is not None and (now := await previews.get(work)) is not None:
                    yield (
                        gr.skip(),
                        (now.before, now.after),
                        f"Step {now.done} of {now.total}",
                        bar(now.done, now.total),
                        gr.Button(visible=False),
                        gr.Button(visible=True, interactive=True),
                    )
                painted = await work
            finally:
                work.cancel()  # Gradio closes this generator when its event is cancelled
        yield (
            gr.DownloadButton(value=painted.result.png, interactive=True),
            (painted.result.before, painted.result.after),
            painted.line,
            "",
            gr.Button(visible=True, interactive=False),
            gr.Button(visible=False),
        )

    def own_style(self, model: str) -> bool:
        """Tell whether a model draws in a style of its own; it isn't loaded for it.

        Of one that would have to be downloaded first it isn't known; a painting does no harm.
        """
        target = self.models[model]
        named = {info.name: info.path for info in known()}
        folder: Path | None = None
        if target in named:
            folder = Path(named[target]) if named[target] else None
        elif Path(target).is_dir():
            folder = Path(target)
        elif REPOSITORY.fullmatch(target):
            folder = cached(target, None)
        return folder is not None and not needs_painting(read_config(folder))

    def _asked(self, photo: Any, *controls: Any) -> Request:
        """Read the controls, in the order of the parameters of :meth:`stylize`."""
        paintings, weights = controls[:4], controls[4:8]
        strength, preserve, regions, size, tile, model, refine, features, palette = controls[8:]
        if model not in self.models:
            raise ConfigError(
                f"no model is named {model!r}; choose one of {', '.join(self.models)}"
            )
        asked = read_request(
            self.uploads.path(photo, "the photograph"),
            [self.uploads.path(p, f"painting {k}") for k, p in enumerate(paintings, 1)],
            weights,
            strength,
            preserve,
            read_layers(regions, self.uploads, self.drawings, self.limits),
            size,
            tile,
            refine,
            features,
            self.uploads.path(palette, PALETTE),
            self.limits,
            own_style=self.own_style(model),
        )
        check_work(asked.pixels, self._steps(asked, model), features, self.limits)
        return asked

    def _steps(self, asked: Request, model: str) -> int:
        """Give how many steps of optimisation a request takes; methods have a number of their own.

        The model isn't loaded for it, which may take long: a method is known by its name.
        """
        if asked.options["refine"] or self.models[model] not in methods():
            return int(asked.options["refine"])
        return int(getattr(stylemix.load(self.models[model], device="cpu"), "steps", 0))

    async def _paint(
        self,
        asked: Request,
        model: str,
        session: str | None,
        progress: Callable[[int, int], None],
        previews: Previews | None = None,
    ) -> Painted:
        started = time.perf_counter()
        done = steps = 0

        def report(now: int, total: int, *picture: Image.Image) -> None:
            nonlocal done, steps
            done, steps = now, total
            if previews is None or not picture or now == 0:
                progress(now, total)
            else:
                previews.put(now, total, *picture)

        def work(tick: Progress) -> tuple[Result, tuple[int, int], bool]:
            return self._render(asked, model, tick, session, watched=previews is not None)

        try:
            result, (width, height), whole = await self.jobs.run(
                work, session=session, progress=report
            )
        finally:
            self._keeping.discard(session or "")
        seconds = time.perf_counter() - started
        counted = (
            f"{steps} step{'s' if steps != 1 else ''}"
            if whole
            else (f"stopped after {done} of {steps} steps")
        )
        return Painted(result, f"{width} × {height} pixels · {model} · {counted} · {seconds:.1f} s")

    def _render(
        self, asked: Request, model: str, tick: Progress, session: str | None, *, watched: bool
    ) -> tuple[Result, tuple[int, int], bool]:
        """Render and write; tells size and whether it is more than the picture so far."""
        # The library gives pictures only to a function of three parameters.
        seen = (
            (lambda done, total, picture: tick(done, total, picture))
            if watched
            else (lambda done, total: tick(done, total))
        )
        whole = True
        try:
            picture = stylemix.stylize(
                asked.photo,
                list(asked.paintings),
                progress=seen,
                model=self.models[model],
                palette=asked.palette,
                **asked.options,
            )
        except Cancelled as stop:
            if stop.picture is None or session not in self._keeping:
                raise
            picture, whole = stop.picture, False
        except StylemixError as problem:
            text = named(problem, asked.photo, "the photograph")
            for path, label in zip(asked.paintings, asked.labels, strict=True):
                text = text.replace(repr(path), label).replace(path, label)
            if asked.palette is not None:
                text = text.replace(repr(asked.palette), PALETTE).replace(asked.palette, PALETTE)
            raise type(problem)(text) from None
        return write(picture, asked.photo, self.folder), picture.size, whole

    def canvas(self, photo: dict[str, Any] | None) -> dict[str, Any] | None:
        """Give the regions' editor a new photograph to draw on."""
        with _told():
            path = self.uploads.path(photo, "the photograph")
            if path is None:
                return None
            check_picture(path, "the photograph", self.limits)
            target = self.folder / f"canvas-{Path(path).parent.name}" / f"{Path(path).name}.webp"
            if not target.is_file():
                preview(path, target, EDITOR_SIDE)
        return {"background": str(target), "layers": [], "composite": None}

    def stop(self, request: gr.Request) -> None:
        """Stop the work of a browser and keep the picture so far."""
        if request.session_hash is not None:
            self._keeping.add(request.session_hash)
            self.jobs.stop(request.session_hash)

    def leave(self, request: gr.Request) -> None:
        """Stop the work of a browser that has left."""
        if request.session_hash is not None:
            self._keeping.discard(request.session_hash)
            self.jobs.stop(request.session_hash)


@contextmanager
def _told() -> Iterator[None]:
    """Turn errors into ones that the page shows."""
    try:
        yield
    except Cancelled:
        raise gr.Error("Cancelled.", print_exception=False, duration=3) from None
    except StylemixError as problem:
        raise gr.Error(_sentence(str(problem)), print_exception=False) from problem
    except (MemoryError, torch.OutOfMemoryError) as problem:
        raise gr.Error("The memory is full: choose a smaller size or tile.") from problem


def _session(request: gr.Request | None) -> str | None:
    return getattr(request, "session_hash", None)


def _shown_by(progress: gr.Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress((done, total), desc="Painting", unit="steps")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
