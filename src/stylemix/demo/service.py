"""What the page's events and the API endpoint ``/stylize`` do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import torch

import stylemix
from stylemix.demo.controls import AUTOMATIC, Request, read_request
from stylemix.demo.jobs import Jobs
from stylemix.demo.limits import Limits, check_picture, named
from stylemix.demo.results import Result, preview, write
from stylemix.demo.uploads import Drawings, Uploads, read_layers
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.stylizers import Progress

EDITOR_SIDE = 1024
"""Long side in pixels of the photograph that regions are drawn on."""


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

    async def stylize(
        self,
        photo: dict[str, Any] | None,
        painting_1: dict[str, Any] | None,
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
        request: gr.Request = None,  # type: ignore[assignment]
        progress: gr.Progress = gr.Progress(),  # noqa: B008 - how Gradio hands it in
    ) -> tuple[str, tuple[str, str], str]:
        """Render a photograph in the style of one to four paintings.

        Regions: a picture of the photograph's proportions among the layers, transparent where the
        photograph stays; painting 1 holds where it is #e4572e, 2 where #2f80d1, 3 where #f2b705
        and 4 where #0f9d58.

        Returns the result as PNG; small pictures of the photograph and the result; a line on it.
        """
        started = time.perf_counter()
        try:
            if model not in self.models:
                raise ConfigError(f"no model is named {model!r}; choose one of "
                                  f"{', '.join(self.models)}")
            paintings = (painting_1, painting_2, painting_3, painting_4)
            asked = read_request(
                self.uploads.path(photo, "the photograph"),
                [self.uploads.path(p, f"painting {k}") for k, p in enumerate(paintings, 1)],
                (weight_1, weight_2, weight_3, weight_4),
                strength, preserve_color,
                read_layers(regions, self.uploads, self.drawings, self.limits),
                size, tile, self.limits,
            )
            session = getattr(request, "session_hash", None)
            steps = 0

            def report(done: int, total: int) -> None:
                nonlocal steps
                steps = total
                progress((done, total), desc="Painting", unit="steps")

            result, (width, height) = await self.jobs.run(
                lambda tick: self._render(asked, model, tick), session=session, progress=report
            )
        except Cancelled:
            raise gr.Error("Cancelled.", print_exception=False, duration=3) from None
        except StylemixError as problem:
            raise gr.Error(_sentence(str(problem)), print_exception=False) from problem
        except (MemoryError, torch.OutOfMemoryError) as problem:
            raise gr.Error("The memory is full: choose a smaller size or tile.") from problem
        seconds = time.perf_counter() - started
        line = (f"{width} × {height} pixels · {model} · "
                f"{steps} step{'s' if steps != 1 else ''} · {seconds:.1f} s")
        return result.png, (result.before, result.after), line

    def _render(self, asked: Request, model: str, tick: Progress) -> tuple[Result, tuple[int, int]]:
        try:
            picture = stylemix.stylize(asked.photo, list(asked.paintings), progress=tick,
                                       model=self.models[model], **asked.options)
        except StylemixError as problem:
            text = named(problem, asked.photo, "the photograph")
            for path, label in zip(asked.paintings, asked.labels, strict=True):
                text = text.replace(repr(path), label).replace(path, label)
            raise type(problem)(text) from None
        return write(picture, asked.photo, self.folder), picture.size

    def canvas(self, photo: dict[str, Any] | None) -> dict[str, Any] | None:
        """Give the regions' editor a new photograph to draw on."""
        try:
            path = self.uploads.path(photo, "the photograph")
            if path is None:
                return None
            check_picture(path, "the photograph", self.limits)
            target = self.folder / f"canvas-{Path(path).parent.name}" / f"{Path(path).name}.webp"
            if not target.is_file():
                preview(path, target, EDITOR_SIDE)
        except StylemixError as problem:
            raise gr.Error(_sentence(str(problem)), print_exception=False) from problem
        return {"background": str(target), "layers": [], "composite": None}

    def leave(self, request: gr.Request) -> None:
        """Stop the work of a browser that has left."""
        if request.session_hash is not None:
            self.jobs.stop(request.session_hash)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
