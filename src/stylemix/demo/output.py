"""The page's right side: the result, and what is changed most often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from stylemix.demo.controls import MAX_REFINE, MAX_STRENGTH
from stylemix.demo.widgets import title

EMPTY = "Choose a photograph and a painting, then press **Paint it**."


@dataclass(frozen=True)
class Output:
    """What the page shows of the work.

    Attributes:
        result: photograph and picture to compare.
        bar: how far an optimization has come.
        line: what was done.
        go: the button that begins.
        cancel: the button that ends without a picture.
        stop: the button that ends with the picture so far.
        download: the button that downloads the picture.
    """

    result: gr.ImageSlider
    bar: gr.HTML
    line: gr.Markdown
    go: gr.Button
    cancel: gr.Button
    stop: gr.Button
    download: gr.DownloadButton


def lay_out(controls: dict[str, gr.components.Component]) -> Output:
    """Lay out the result, and below it what is changed most often and the buttons."""
    title("Result")
    result = gr.ImageSlider(
        label="Before and after",
        show_label=False,
        format="webp",
        elem_id="result",
        interactive=False,
        max_height=620,
        buttons=["fullscreen"],
    )
    progress = gr.HTML(elem_id="bar", padding=False)
    line = gr.Markdown(EMPTY, elem_classes="sm-line", elem_id="line")
    with gr.Column(elem_id="actions"):
        with gr.Group():
            controls["strength"] = gr.Slider(
                0,
                MAX_STRENGTH,
                value=1.0,
                step=0.05,
                label="Strength",
                elem_id="strength",
                buttons=["reset"],
                info="0 is the photograph, 1 as trained, more exaggerates",
            )
            controls["refine"] = gr.Slider(
                0,
                MAX_REFINE,
                value=0,
                step=5,
                label="Refine",
                elem_id="refine",
                buttons=["reset"],
                info="Further steps: slower, and nearer to the painting; try 25",
            )
            controls["preserve_color"] = gr.Checkbox(
                False, label="Keep the photograph's colors", elem_id="preserve-color"
            )
        with gr.Row(elem_id="buttons"):
            small: dict[str, Any] = {"variant": "stop", "scale": 1, "min_width": 90}
            go = gr.Button("Paint it", variant="primary", elem_id="go", scale=3)
            cancel = gr.Button("Cancel", elem_id="cancel", interactive=False, **small)
            stop = gr.Button("Stop here", elem_id="stop", visible=False, **small)
    download = gr.DownloadButton("Download as PNG", elem_id="download", interactive=False)
    return Output(result, progress, line, go, cancel, stop, download)
