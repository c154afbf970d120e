"""The page: where its parts lie, and what their events call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from stylemix.demo import camera, folds, history, output, paintings, photograph, video
from stylemix.demo.controls import CONTROLS
from stylemix.demo.examples import Examples
from stylemix.demo.limits import PAINTINGS
from stylemix.demo.look import HEADER
from stylemix.demo.markup import refused, said, working
from stylemix.demo.output import Output
from stylemix.demo.service import Service, endpoint, sentence
from stylemix.demo.showcase import Showcase
from stylemix.demo.watching import View, Watching, idle, records_shown
from stylemix.demo.widgets import PRIVATE
from stylemix.errors import StylemixError

_IDLE = '{__type__: "update", interactive: false}'
WAIT = f"() => [{_IDLE}, {_IDLE}, {json.dumps(working('Sending…', None))}]"
"""What the browser does by itself when a button is pressed: both wait, and the line says why."""
STAYS = "A finished example. Your own pictures stay where they are."


def build(service: Service, examples: Examples, showcase: Showcase) -> gr.Blocks:
    """Make the page.

    Args:
        service: what its events call.
        examples: what it offers.
        showcase: their finished pictures.
    """
    seconds = service.limits.cache_seconds
    with gr.Blocks(title="stylemix", analytics_enabled=False, delete_cache=(60, seconds)) as page:
        gr.HTML(HEADER)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Photograph"):
                _studio(page, service, examples, showcase)
            with gr.Tab("Video", elem_id="video-tab"):
                video.lay_out(page, service, examples.paintings)
            with gr.Tab("Camera", elem_id="camera-tab"):
                camera.lay_out(service, examples.paintings)
        page.unload(service.leave)
    return page


def _studio(page: gr.Blocks, service: Service, examples: Examples, showcase: Showcase) -> None:
    controls: dict[str, gr.components.Component] = {}
    line = output.first_line()

    def own(path: str) -> bool:
        return not any(Path(e.picture).parent == Path(path).parent for e in _all(examples))

    with gr.Row(elem_id="columns"):
        with gr.Column(scale=5, min_width=320, elem_id="inputs"):
            controls["photo"] = photograph.lay_out(service, examples.photos, own)
            note = folds.own_style(service, next(iter(service.models)))
            paintings.lay_out(service, examples.paintings, controls, own, line)
            controls["palette"] = folds.palette(service, examples.paintings)
            controls["regions"] = folds.regions(service)
            folds.advanced(service, note, controls)
        with gr.Column(scale=7, min_width=320, elem_id="output"):
            out = output.lay_out(controls, service.limits, line, showcase.pairs)
    shown = gr.State([])
    kept = gr.BrowserState([], storage_key="stylemix-pictures")
    view = [
        *(out.result, out.line, out.go, out.variants, out.cancel, out.stop),
        *(out.jpeg, out.png, out.reuse, shown, kept, out.yours),
    ]
    watching = Watching(service)
    _connect(watching, controls, out, view, kept)
    _connect_choices(watching, controls, out, view, own, showcase)
    _connect_start(page, watching, controls, view, showcase)
    _connect_api(service, controls)


def _connect(
    watching: Watching,
    controls: dict[str, gr.components.Component],
    out: Output,
    view: list[Any],
    kept: gr.BrowserState,
) -> None:
    """Connect the buttons, and what is told while controls are moved."""
    service = watching.service
    inputs = [controls[name] for name in CONTROLS]
    # Pictures wait in the service, which tells their places; Gradio lets all of them in.
    alone: dict[str, Any] = {"preprocess": False, "concurrency_limit": None, **PRIVATE}
    for button, work in ((out.go, watching.paint), (out.variants, watching.variants)):
        # A drawing of regions takes seconds to be sent, before the server hears of anything.
        button.click(None, None, [out.go, out.variants, out.line], js=WAIT, queue=False, **PRIVATE)
        run = button.click(work, [*inputs, kept], view, **alone)
        run.failure(lambda: idle().values(), None, view, queue=False, **PRIVATE)
        run.then(watching.estimate, inputs, out.estimate, preprocess=False, **PRIVATE)
    out.cancel.click(watching.cancel, None, out.cancel, queue=False, **PRIVATE)
    out.stop.click(lambda: gr.Button(interactive=False), None, out.stop, queue=False, **PRIVATE)
    out.stop.click(service.stop, None, None, queue=False, **PRIVATE)
    newest: dict[str, Any] = {"trigger_mode": "always_last", "preprocess": False, **PRIVATE}
    controls["strength"].input(watching.quick, inputs, view, concurrency_limit=2, **newest)  # type: ignore[attr-defined]
    told = ("photo", *(f"painting_{k}" for k in range(1, PAINTINGS + 1)), "strength", "size")
    changes = [controls[name].change for name in (*told, "model", "refine", "scale", "runtime")]  # type: ignore[attr-defined]
    gr.on(changes, watching.estimate, inputs, out.estimate, concurrency_limit=4, **newest)
    photo = controls["photo"]
    assert isinstance(photo, gr.Image)

    def canvas(payload: Any) -> tuple[Any, Any]:
        try:
            return service.canvas(payload), gr.skip()
        except StylemixError as problem:
            return None, refused(sentence(str(problem)))

    photo.change(
        canvas,
        photo,
        [controls["regions"], out.line],
        preprocess=False,
        concurrency_id="canvas",
        concurrency_limit=2,
        **PRIVATE,
    )


def _connect_choices(
    watching: Watching,
    controls: dict[str, gr.components.Component],
    out: Output,
    view: list[Any],
    own: Callable[[str], bool],
    showcase: Showcase,
) -> None:
    """Connect the rows of pictures below the result, the sheet, and what takes a picture over."""
    uploads = watching.service.uploads
    shown, kept = view[-3], view[-2]
    slots = [controls[f"painting_{k}"] for k in range(1, PAINTINGS + 1)]
    photo = controls["photo"]

    def take(event: gr.SelectData, records: Any) -> tuple[Any, ...]:
        entries = history.recall(records_shown(records), uploads)
        if event.index >= len(entries):
            return View(line=refused("This picture is no longer on the server.")).values()
        return watching.show(entries[event.index]).values()

    out.yours.select(take, kept, view, queue=False, **PRIVATE)
    out.result.select(take, shown, view, queue=False, **PRIVATE)

    def reuse(records: Any) -> Any:
        entries = history.recall(records_shown(records), uploads)
        return entries[0].png if len(entries) == 1 else gr.skip()

    out.reuse.click(reuse, shown, photo, queue=False, **PRIVATE)

    async def finished(event: gr.SelectData, *payloads: Any) -> tuple[Any, ...]:
        entry = await showcase.get(event.index)
        stay = [gr.skip()] * (1 + len(slots))
        if entry is None:
            return (*stay, *View(line=refused("This example can't be painted.")).values())
        now = watching.show(entry)
        if any(isinstance(p, dict) and own(str(p.get("path"))) for p in payloads):
            return (*stay, *View(**{**vars(now), "line": said(STAYS)}).values())
        first, second = showcase.pairs[event.index]
        return (first.picture, second.picture, *[None] * (len(slots) - 1), *now.values())

    out.pairs.select(
        finished, [photo, *slots], [photo, *slots, *view], queue=False, preprocess=False, **PRIVATE
    )


def _connect_start(
    page: gr.Blocks,
    watching: Watching,
    controls: dict[str, gr.components.Component],
    view: list[Any],
    showcase: Showcase,
) -> None:
    """Show the browser's last picture when the page is opened, or the first finished example."""
    kept = view[-2]
    uploads = watching.service.uploads

    async def start(records: Any) -> AsyncIterator[tuple[Any, ...]]:
        entries = history.recall(records, uploads)
        first = showcase.pairs[0] if showcase.pairs else None
        painting = first[1].picture if first else None
        if entries:
            now = watching.show(entries[0], [e.record() for e in entries])
            yield (entries[0].photo, painting, *now.values())
        elif first:
            yield (first[0].picture, painting, *View().values())
            # Just after the start of the server it takes a moment.
            if (entry := await showcase.get(0)) is not None:
                yield (gr.skip(), gr.skip(), *watching.show(entry).values())

    page.load(
        start,
        kept,
        [controls["photo"], controls["painting_1"], *view],
        concurrency_limit=None,
        **PRIVATE,
    )


def _connect_api(service: Service, controls: dict[str, gr.components.Component]) -> None:
    """Connect the API, which offers every model and any number of steps."""
    inputs = {
        **controls,
        "model": gr.Dropdown(
            list(service.models), value=next(iter(service.models)), visible=False, label="Model"
        ),
        "refine": gr.Number(0, precision=0, visible=False, label="Refine"),
    }
    # Programs get one answer; the client would take the page's first preview for it.
    gr.Button(visible=False).click(
        endpoint(service),
        inputs=[inputs[name] for name in CONTROLS],
        outputs=[
            gr.DownloadButton(visible=False),
            gr.ImageSlider(visible=False),
            gr.Markdown(visible=False),
        ],
        api_name="stylize",
        preprocess=False,
        concurrency_limit=None,
    )


def _all(examples: Examples) -> tuple[Any, ...]:
    return (*examples.photos, *examples.paintings)
