"""What the page's events and the API endpoint ``/stylize`` do."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import torch

import stylemix
from stylemix.checkpoint import read_config
from stylemix.checkpoint.catalogue import methods
from stylemix.checkpoint.catalogue import models as known
from stylemix.checkpoint.download import cached
from stylemix.checkpoint.model_card import needs_painting
from stylemix.checkpoint.published import REPOSITORY
from stylemix.demo.controls import CONTROLS, PALETTE, Order, read_order
from stylemix.demo.jobs import Jobs
from stylemix.demo.limits import PAINTINGS, Limits, check_picture, check_work
from stylemix.demo.look import bar
from stylemix.demo.previews import Previews
from stylemix.demo.results import Result, preview, write
from stylemix.demo.uploads import Drawings, Uploads, read_layers
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.types import Progress, ProgressEvent

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
        self, request: gr.Request | None, progress: gr.Progress, *controls: Any
    ) -> tuple[str, tuple[str, str], str]:
        """Render a photograph in the style of one to four paintings, or in the model's own.

        Regions: a picture of the photograph's proportions among the layers, transparent where the
        photograph stays; painting 1 holds where it is #e4572e, 2 where #2f80d1, 3 where #f2b705
        and 4 where #0f9d58.

        Returns the result as PNG; small pictures of the photograph and the result; a line on it.
        """
        with _told():
            order, model = self._read(controls)
            painted = await self._paint(order, model, _session(request), _shown_by(progress))
        return painted.result.png, (painted.result.before, painted.result.after), painted.line

    async def watch(
        self,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio hands it in
        *controls: Any,
    ) -> AsyncIterator[tuple[Any, ...]]:
        """Do what :meth:`stylize` does for the page, which sees the picture grow.

        Yields the result's file, the two pictures to compare, the line, the bar, and the buttons
        that cancel and that stop: once there is a picture so far, the latter takes the former's
        place.
        """
        with _told():
            order, model = self._read(controls)
            previews = Previews(order.photo, self.folder) if self._steps(order, model) else None
            work = asyncio.ensure_future(
                self._paint(order, model, _session(request), _shown_by(progress), previews)
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

    def _read(self, controls: Sequence[Any]) -> tuple[Order, str]:
        """Read the controls, in the order of :data:`CONTROLS`; return what is asked of which model.

        Raises:
            ConfigError: a control has a wrong value, or the work would take too long.
            PictureError: a picture can't be used.
        """
        values = dict(zip(CONTROLS, controls, strict=True))
        model = values["model"]
        if model not in self.models:
            raise ConfigError(
                f"no model is named {model!r}; choose one of {', '.join(self.models)}"
            )
        order = read_order(
            self.uploads.path(values["photo"], "the photograph"),
            [
                self.uploads.path(values[f"painting_{k}"], f"painting {k}")
                for k in range(1, PAINTINGS + 1)
            ],
            self.uploads.path(values["palette"], PALETTE),
            read_layers(values["regions"], self.uploads, self.drawings, self.limits),
            values,
            self.limits,
            own_style=self.own_style(model),
        )
        features = str(order.options.refine_features)
        check_work(order.pixels, self._steps(order, model), features, self.limits)
        return order, model

    def _steps(self, order: Order, model: str) -> int:
        """Return how many steps of optimization an order takes; methods have a number of their own.

        The model isn't loaded for it, which may take long: a method is known by its name.
        """
        if order.options.refine or self.models[model] not in methods():
            return order.options.refine
        return int(getattr(stylemix.load(self.models[model], device="cpu"), "steps", 0))

    async def _paint(
        self,
        order: Order,
        model: str,
        session: str | None,
        progress: Progress,
        previews: Previews | None = None,
    ) -> Painted:
        started = time.perf_counter()
        last = ProgressEvent(0, 0)

        def report(event: ProgressEvent) -> None:
            nonlocal last
            last = event
            if previews is None or event.done == 0:
                progress(event)
            else:
                previews.put(event)

        def work(tick: Progress) -> tuple[Result, tuple[int, int], bool]:
            return self._render(order, model, tick, session)

        try:
            result, (width, height), whole = await self.jobs.run(
                work, session=session, progress=report
            )
        finally:
            self._keeping.discard(session or "")
        seconds = time.perf_counter() - started
        steps = last.total
        counted = (
            f"{steps} step{'s' if steps != 1 else ''}"
            if whole
            else f"stopped after {last.done} of {steps} steps"
        )
        return Painted(result, f"{width} × {height} pixels · {model} · {counted} · {seconds:.1f} s")

    def _render(
        self, order: Order, model: str, tick: Progress, session: str | None
    ) -> tuple[Result, tuple[int, int], bool]:
        """Render and write; tells size and whether it is more than the picture so far."""
        whole = True
        try:
            # By name, which spares the copy of the weights that `load` gives.
            picture = stylemix.stylize(
                order.photo,
                list(order.paintings),
                model=self.models[model],
                progress=tick,
                **vars(order.options),
            )
        except Cancelled as stop:
            if stop.picture is None or session not in self._keeping:
                raise
            picture, whole = stop.picture, False
        except StylemixError as problem:
            raise type(problem)(order.in_users_words(str(problem))) from None
        return write(picture, order.photo, self.folder), picture.size, whole

    def canvas(self, photo: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return a new photograph for the regions' editor to draw on."""
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


def endpoint(service: Service) -> Callable[..., Any]:
    """Return the function behind the API's ``/stylize``, whose parameters are the controls."""

    async def stylize(*arguments: Any) -> tuple[str, tuple[str, str], str]:
        *controls, request, progress = arguments
        return await service.stylize(request, progress, *controls)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first, *others = CONTROLS
    parameters = [
        inspect.Parameter(first, kind),
        *(inspect.Parameter(name, kind, default=CONTROLS[name].default) for name in others),
        # Gradio knows these two by the one's annotation and by the other's default.
        inspect.Parameter("request", kind, default=None),
        inspect.Parameter("progress", kind, default=gr.Progress()),
    ]
    stylize.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    stylize.__annotations__ = {"request": gr.Request}
    stylize.__doc__ = service.stylize.__doc__
    return stylize


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


def _shown_by(progress: gr.Progress) -> Progress:
    return lambda event: progress((event.done, event.total), desc="Painting", unit="steps")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
