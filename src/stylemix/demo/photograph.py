"""The page's photograph: an upload, a camera's picture, or an example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from stylemix.demo.examples import Example
from stylemix.demo.markup import strip
from stylemix.demo.results import THUMBNAIL
from stylemix.demo.service import Service
from stylemix.demo.viewable import viewable
from stylemix.demo.widgets import PRIVATE, row, title
from stylemix.errors import StylemixError

UPLOADS = 3
"""Photographs of the user's own that stay one click away when an example takes their place."""


def lay_out(
    service: Service, examples: tuple[Example, ...], own: Callable[[str], bool]
) -> gr.Image:
    """Lay out the photograph and what to choose from.

    Args:
        service: makes the small pictures of uploads.
        examples: to choose from.
        own: tells whether a path is that of an upload.
    """
    title("Photograph")
    photo = gr.Image(
        label="Photograph",
        show_label=False,
        type="filepath",
        image_mode=None,
        sources=["upload", "webcam", "clipboard"],
        height=230,
        elem_id="photo",
        buttons=[],
        placeholder="Drop a photograph here, or click to choose one",
    )
    uploads = gr.State([])
    shown = row(strip_of([], examples), "photo-examples")

    def keep(payload: Any, before: list[Any]) -> tuple[Any, Any, Any]:
        path = payload.get("path") if isinstance(payload, dict) else None
        if not isinstance(path, str) or not own(path):
            return gr.skip(), gr.skip(), gr.skip()
        try:
            uploaded = str(service.uploads.path(payload, "the photograph"))
            found = viewable(uploaded, "the photograph", service)
            small = service.folder / f"small-{Path(found).parent.name}" / "photo.webp"
            service.shrink(found, small, THUMBNAIL)
        except StylemixError:
            # It is told when the page takes the photograph.
            return gr.skip(), gr.skip(), gr.skip()
        now = [[found, str(small)], *(u for u in before if u[0] != found)][:UPLOADS]
        return gr.skip() if found == uploaded else found, now, strip_of(now, examples)

    photo.input(
        keep,
        [photo, uploads],
        [photo, uploads, shown],
        preprocess=False,
        concurrency_limit=2,
        # By default an upload would be lost while the removal of the one before is told.
        trigger_mode="always_last",
        **PRIVATE,
    )

    def choose(event: gr.SelectData, kept: list[Any]) -> str:
        own_ones = [path for path, _ in kept]
        return [*own_ones, *(e.picture for e in examples)][event.index]

    shown.select(choose, uploads, photo, queue=False, **PRIVATE)
    return photo


def strip_of(uploads: Sequence[Sequence[str]], examples: tuple[Example, ...]) -> str:
    """Return the row of photographs as HTML, the user's own first.

    Args:
        uploads: paths of photographs and of their small pictures.
        examples: the rest.
    """
    own = [(small, f"Your photograph {k}", "") for k, (_, small) in enumerate(uploads, 1)]
    return strip([*own, *((e.thumbnail, e.title, "") for e in examples)], "Example photographs")
