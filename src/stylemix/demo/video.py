"""The page's tab for videos."""

from __future__ import annotations

from typing import Any

import gradio as gr

from stylemix.demo.controls import MAX_STRENGTH, runtime_choices
from stylemix.demo.examples import Example
from stylemix.demo.filming import EMPTY, NAMES, Filming
from stylemix.demo.footage import Footage
from stylemix.demo.markup import refused, said
from stylemix.demo.service import Service, sentence
from stylemix.demo.video_controls import DEFAULT_SIDE, PAINTING, side_choices, video_models
from stylemix.demo.viewable import show_uploads
from stylemix.demo.widgets import (
    PRIVATE,
    hint,
    offer,
    painting_slot,
    row,
    script,
    slider,
    title,
)
from stylemix.errors import ConfigError
from stylemix.video import MOST_STEADY
from stylemix.video.consistency import STEADY
from stylemix.video.extras import opencv, pyav


def lay_out(page: gr.Blocks, service: Service, examples: tuple[Example, ...]) -> None:
    """Lay out the clip, its painting, the painted video, and connect them.

    Args:
        page: whose leaving stops the work.
        service: whose models paint.
        examples: paintings to choose from.
    """
    try:
        pyav(), opencv()
    except ConfigError as problem:
        gr.HTML(refused(sentence(str(problem))), elem_id="video-missing")
        return
    controls: dict[str, Any] = {}
    with gr.Row(elem_id="video-columns"):
        with gr.Column(scale=5, min_width=300):
            _inputs(controls, service, examples)
        with gr.Column(scale=7, min_width=300):
            screen = _outputs(controls, service)
    _connect(page, Filming(Footage(service)), controls, screen)


def _inputs(controls: dict[str, Any], service: Service, examples: tuple[Example, ...]) -> None:
    limits = service.limits
    title("Clip")
    controls["clip"] = gr.Video(
        sources=["upload"],
        show_label=False,
        label="Clip",
        height=240,
        elem_id="clip",
        buttons=[],
    )
    hint(
        f"MP4, MOV, MKV or WebM, at most {limits.max_clip_seconds} seconds and "
        f"{limits.max_file_bytes >> 20} MB."
    )
    title("Painting")
    controls["painting"] = painting_slot(examples, "Painting of the video", "video-painting")
    show_uploads(controls["painting"], PAINTING, service)
    offer(examples, controls["painting"], "video-examples", "Example paintings for the video")
    models, runtimes = video_models(service), runtime_choices()
    with gr.Accordion("Advanced", open=False, elem_id="video-advanced"), gr.Row():
        controls["model"] = gr.Dropdown(
            models,
            value=models[0][1] if models else None,
            label="Model",
            elem_id="video-model",
            filterable=False,
        )
        controls["runtime"] = gr.Dropdown(
            runtimes,
            value=runtimes[0][1],
            label="Runtime",
            elem_id="video-runtime",
            filterable=False,
        )


def _outputs(controls: dict[str, Any], service: Service) -> list[Any]:
    picture = gr.HTML("", js_on_load=script("frame.js"), elem_id="video-picture")
    with gr.Row(elem_id="video-caption"):
        line = gr.HTML(said(EMPTY), elem_id="video-line")
        download = gr.DownloadButton(
            "Download",
            size="sm",
            interactive=False,
            min_width=60,
            scale=0,
            elem_id="video-download",
        )
    with gr.Row(elem_id="video-actions"):
        _often(controls, service)
    with gr.Row(elem_id="video-buttons"):
        go = gr.Button(
            "Paint the video", variant="primary", elem_id="video-go", scale=3, min_width=150
        )
        cancel = gr.Button(
            "Cancel", interactive=False, elem_id="video-cancel", scale=1, min_width=90
        )
    with gr.Row(elem_id="video-below"):
        estimate = gr.HTML("", elem_id="video-estimate")
        controls["preserve_color"] = gr.Checkbox(
            False, label="Keep the clip's colors", elem_id="video-color", scale=0
        )
    kept = gr.State([])
    yours = row("", "your-videos")
    return [picture, line, go, cancel, download, estimate, kept, yours]


def _often(controls: dict[str, Any], service: Service) -> None:
    controls["strength"] = slider(
        "Strength", MAX_STRENGTH, 1.0, "video-strength", scale=3, min_width=170
    )
    controls["steady"] = slider(
        "Steady", MOST_STEADY, STEADY, "video-steady", scale=3, min_width=170
    )
    sides = side_choices(service.limits)
    values = [value for _, value in sides]
    controls["size"] = gr.Dropdown(
        sides,
        value=DEFAULT_SIDE if DEFAULT_SIDE in values else values[-1] if values else None,
        label="Long side at most",
        elem_id="video-size",
        filterable=False,
        scale=2,
        min_width=130,
    )


def _connect(
    page: gr.Blocks, filming: Filming, controls: dict[str, Any], screen: list[Any]
) -> None:
    inputs = [controls[name] for name in NAMES]
    go, cancel, kept, yours = screen[2], screen[3], screen[6], screen[7]
    # Videos wait in the service's queue; Gradio lets all of them in.
    alone: dict[str, Any] = {"preprocess": False, "concurrency_limit": None, **PRIVATE}
    go.click(filming.paint, [*inputs, kept], screen, **alone)
    cancel.click(filming.cancel, None, cancel, queue=False, **PRIVATE)
    # How steady it is can't be seen in one frame.
    changes = [controls[name].change for name in NAMES if name != "steady"]
    gr.on(
        changes,
        filming.first,
        inputs,
        screen,
        trigger_mode="always_last",
        concurrency_limit=2,
        concurrency_id="first-frame",
        preprocess=False,
        **PRIVATE,
    )
    yours.select(filming.show, kept, screen, queue=False, **PRIVATE)
    page.unload(filming.leave)
