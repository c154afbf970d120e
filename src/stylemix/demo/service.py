"""What stands behind the page and the API endpoint ``/stylize``: from controls to a result."""

from __future__ import annotations

import inspect
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
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
from stylemix.demo.controls import CONTROLS, PALETTE, Order, read_order
from stylemix.demo.estimates import Estimates, Work, work_of
from stylemix.demo.jobs import Jobs
from stylemix.demo.limits import PAINTINGS, Limits, check_picture, check_work
from stylemix.demo.results import Result, name_of, preview, write
from stylemix.demo.uploads import Drawings, Uploads, read_layers
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.images import read
from stylemix.injections.style import Style
from stylemix.stylizers import Stylizer
from stylemix.types import Progress, ProgressEvent

EDITOR_SIDE = 1024
"""Long side in pixels of the photograph that regions are drawn on."""
PAINTING_SIDE = 2048
"""Long side in pixels that is enough of a painting."""
LOADED = 4
"""Models that are kept."""

STYLES = 8
"""Encoded paintings that are kept."""
FULL = "The memory is full: choose a smaller size or tile."


@dataclass(frozen=True)
class Painted:
    """A result and what is told of it.

    Attributes:
        result: its files.
        size: width and height in pixels.
        counted: the steps or tiles, in words; empty for a single pass.
        seconds: that it took; None where nobody has waited for it.
    """

    result: Result
    size: tuple[int, int]
    counted: str
    seconds: float | None

    def line(self, model: str) -> str:
        """Return size, model, steps and seconds."""
        took = "" if self.seconds is None else f"{self.seconds:.1f} s"
        parts = (f"{self.size[0]} × {self.size[1]} pixels", model, self.counted, took)
        return " · ".join(part for part in parts if part)


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
        self.jobs = Jobs(limits.queue)
        self.drawings = Drawings()
        self.estimates = Estimates()
        self._keeping: set[str] = set()
        self._styles: OrderedDict[tuple[Any, ...], Style] = OrderedDict()
        self._loaded: OrderedDict[tuple[str, str], Stylizer] = OrderedDict()
        self._loading = threading.Lock()
        self._lock = threading.Lock()

    async def stylize(
        self, request: gr.Request | None, progress: gr.Progress, *controls: Any
    ) -> tuple[str, tuple[str, str], str]:
        """Render a photograph in the style of one to four paintings, or in the model's own.

        Pictures are uploaded files, or what they hold in base64 as addresses that begin with
        "data:image/png;base64," (or jpeg, webp and so on); web addresses aren't fetched. A
        photograph and painting_1 are enough.

        Regions: a picture of the photograph's proportions among the layers, transparent where the
        photograph stays; painting 1 holds where it is #e4572e, 2 where #2f80d1, 3 where #f2b705
        and 4 where #0f9d58.

        Returns the result as PNG; small pictures of the photograph and the result; a line on it.
        """
        with told():
            order, model = self.read(controls)
            unit = "steps" if self.steps(order, model) else "tiles"

            def shown(event: ProgressEvent) -> None:
                progress((event.done, event.total), desc="Painting", unit=unit)

            painted = await self.paint(order, model, session_of(request), shown)
        result = painted.result
        return result.png, (result.before, result.after), painted.line(model)

    @property
    def quick_model(self) -> str | None:
        """The first model that draws in one pass of a network; None where there is none."""
        slow = methods()
        return next((name for name, target in self.models.items() if target not in slow), None)

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

    def read(self, controls: Sequence[Any]) -> tuple[Order, str]:
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
        check_work(order.pixels, self.steps(order, model), features, self.limits)
        return order, model

    def steps(self, order: Order, model: str) -> int:
        """Return how many steps of optimization an order takes; methods have a number of their own.

        The model isn't loaded for it, which may take long: a method is known by its name.
        """
        if order.options.refine or self.models[model] not in methods():
            return order.options.refine
        return int(getattr(stylemix.load(self.models[model], device="cpu"), "steps", 0))

    def work(self, order: Order, model: str) -> Work:
        """Return what an order takes, for :attr:`estimates`."""
        options = order.options
        passes = (2 if options.strength != 1 else 1) * (len(options.masks) if options.masks else 1)
        if self.models[model] in methods():
            passes = 0
        if options.scale is not None:
            passes *= 2
        return work_of(
            f"{model} {order.runtime}",
            order.pixels,
            passes,
            self.steps(order, model),
            str(options.refine_features),
        )

    async def paint(
        self, order: Order, model: str, session: str | None, progress: Progress
    ) -> Painted:
        """Render what is asked, when it is its turn.

        Args:
            order: what is asked.
            model: of which model.
            session: who asks.
            progress: called from the worker.

        Raises:
            Cancelled: the session has left, or stopped before there was a picture.
            StylemixError: it can't be done.
        """
        started = time.perf_counter()
        last = ProgressEvent(0, 0)

        def report(event: ProgressEvent) -> None:
            nonlocal last
            last = event
            progress(event)

        def work(tick: Progress) -> tuple[Image.Image, Result, bool]:
            picture, whole = self.render(order, model, tick, session)
            name = name_of(order.photo, order.paintings)
            return picture, write(picture, order.photo, self.folder, name), whole

        try:
            picture, result, whole = await self.jobs.run(work, session=session, progress=report)
        finally:
            self._keeping.discard(session or "")
        counted = _counted(last, whole, bool(self.steps(order, model)))
        return Painted(result, picture.size, counted, time.perf_counter() - started)

    def render(
        self, order: Order, model: str, tick: Progress | None = None, session: str | None = None
    ) -> tuple[Image.Image, bool]:
        """Render what is asked; tell whether it is more than the picture so far."""
        options = order.options
        try:
            stylizer = self.stylizer(model, order.runtime)
            photo = read(order.photo, keep_space=True, long_side=options.size).to_pil()
            styles = [self.style(stylizer, model, painting) for painting in order.paintings]
            begun = time.perf_counter()
            picture = stylizer.stylize(photo, styles, options, progress=tick)
            self.estimates.learn(self.work(order, model), time.perf_counter() - begun)
        except Cancelled as stop:
            if stop.picture is None or session not in self._keeping:
                raise
            return stop.picture, False
        except StylemixError as problem:
            raise type(problem)(order.in_users_words(str(problem))) from None
        return picture, True

    def stylizer(self, model: str, runtime: str = "auto") -> Stylizer:
        """Return a model; the last few are kept, and with them what is compiled for them."""
        key = (model, runtime)
        with self._loading:
            if key not in self._loaded:
                self._loaded[key] = stylemix.load(self.models[model], runtime=runtime)
                while len(self._loaded) > LOADED:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(key)
            return self._loaded[key]

    def style(self, stylizer: Stylizer, model: str, painting: str) -> Style:
        """Return a painting encoded; the last few are kept."""
        key = (model, stylizer.fingerprint, painting)
        with self._lock:
            if key in self._styles:
                self._styles.move_to_end(key)
                return self._styles[key]
        made = stylizer.encode(read(painting, long_side=PAINTING_SIDE).to_pil())
        with self._lock:
            self._styles[key] = made
            while len(self._styles) > STYLES:
                self._styles.popitem(last=False)
        return made

    def small(self, order: Order, side: int) -> Order:
        """Return an order for a picture whose long side has at most ``side`` pixels, unrefined."""
        scale = min(1.0, side / max(order.size))
        width, height = (max(1, round(length * scale)) for length in order.size)
        options = replace(order.options, size=max(width, height), refine=0, tile=None, scale=None)
        return replace(order, options=options, size=(width, height))

    def canvas(self, photo: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return a new photograph for the regions' editor to draw on.

        Raises:
            PictureError: it can't be used.
        """
        path = self.uploads.path(photo, "the photograph")
        if path is None:
            return None
        target = self.folder / f"canvas-{Path(path).parent.name}" / f"{Path(path).name}.webp"
        self.shrink(path, target, EDITOR_SIDE)
        return {"background": str(target), "layers": [], "composite": None}

    def shrink(self, photo: str, target: Path, side: int) -> None:
        """Write a photograph small, unless that is done already.

        Raises:
            PictureError: it can't be used.
        """
        check_picture(photo, "the photograph", self.limits)
        if target.is_file():
            return
        try:
            preview(photo, target, side)
        except StylemixError as problem:
            words = str(problem).replace(repr(photo), "the photograph")
            raise type(problem)(words.replace(photo, "the photograph")) from None

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
def told() -> Iterator[None]:
    """Turn errors into ones that Gradio hands to programs."""
    try:
        yield
    except Cancelled:
        raise gr.Error("Cancelled.", print_exception=False, duration=3) from None
    except StylemixError as problem:
        raise gr.Error(sentence(str(problem)), print_exception=False) from problem
    except (MemoryError, torch.OutOfMemoryError) as problem:
        raise gr.Error(FULL) from problem


def session_of(request: gr.Request | None) -> str | None:
    """Return what tells browsers apart, or None."""
    return getattr(request, "session_hash", None)


def sentence(text: str) -> str:
    """Return a message with a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _counted(last: ProgressEvent, whole: bool, optimized: bool) -> str:
    total, unit = last.total, "step" if optimized else "tile"
    if not whole:
        return f"stopped after {last.done} of {total} {unit}s"
    # A pass, or two where the photograph shines through, are nothing to count.
    return f"{total} {unit}{'s' if total != 1 else ''}" if optimized or total > 2 else ""
