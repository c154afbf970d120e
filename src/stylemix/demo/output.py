"""The page's right side: the result, what is changed most often, and the buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from stylemix.demo.controls import (
    CONTROLS,
    MAX_STRENGTH,
    ORIGINAL,
    refine_choices,
    size_choices,
)
from stylemix.demo.examples import Example
from stylemix.demo.limits import Limits
from stylemix.demo.markup import said, strip
from stylemix.demo.widgets import row, script, slider

EMPTY = "Choose a photograph and a painting, then press Paint it."


@dataclass(frozen=True)
class Output:
    """What the page shows of the work; the first nine are those of a view, in its order.

    Attributes:
        result: photograph and picture to compare, or a sheet of pictures.
        line: what is done, was done or went wrong.
        go: the button that begins.
        variants: the button that begins a sheet.
        cancel: the button that ends without a picture.
        stop: the button that ends with the picture so far.
        jpeg: the button that downloads a JPEG.
        png: the button that downloads a PNG.
        reuse: the button that takes the picture for the photograph.
        estimate: size and expected seconds.
        pairs: finished examples to choose from.
        yours: the browser's pictures to choose from.
    """

    result: gr.HTML
    line: gr.HTML
    go: gr.Button
    variants: gr.Button
    cancel: gr.Button
    stop: gr.Button
    jpeg: gr.DownloadButton
    png: gr.DownloadButton
    reuse: gr.Button
    estimate: gr.HTML
    pairs: gr.HTML
    yours: gr.HTML


def lay_out(
    controls: dict[str, gr.components.Component],
    limits: Limits,
    line: gr.HTML,
    pairs: tuple[tuple[Example, Example], ...],
) -> Output:
    """Lay out the right side.

    Args:
        controls: gets the controls that are changed most often.
        limits: bounds the sizes to choose.
        line: made before, as the left side writes it too.
        pairs: whose finished pictures can be seen at a click.
    """
    result = gr.HTML("", js_on_load=script("frame.js"), elem_id="result")
    with gr.Row(elem_id="caption"):
        line.render()
        keep: dict[str, Any] = {"size": "sm", "interactive": False, "min_width": 60, "scale": 0}
        jpeg = gr.DownloadButton("JPEG", elem_id="jpeg", **keep)
        png = gr.DownloadButton("PNG", elem_id="png", **keep)
        reuse = gr.Button("Use as photograph", elem_id="reuse", **keep)
    with gr.Row(elem_id="actions"):
        _often(controls, limits)
    with gr.Row(elem_id="buttons"):
        side: dict[str, Any] = {"scale": 1, "min_width": 90}
        go = gr.Button("Paint it", variant="primary", elem_id="go", scale=3, min_width=150)
        variants = gr.Button("Variants", elem_id="variants", **side)
        cancel = gr.Button("Cancel", elem_id="cancel", interactive=False, **side)
        stop = gr.Button("Stop here", elem_id="stop", visible=False, **side)
    with gr.Row(elem_id="below"):
        estimate = gr.HTML("", elem_id="estimate")
        controls["preserve_color"] = gr.Checkbox(
            False, label="Keep the photograph's colors", elem_id="preserve-color", scale=0
        )
    yours = row("", "yours")
    shown = [(a.thumbnail, f"{a.title} as {b.title}", b.thumbnail) for a, b in pairs]
    finished = row(strip(shown, "Finished examples"), "pairs")
    return Output(
        *(result, line, go, variants, cancel, stop, jpeg, png, reuse),
        estimate=estimate,
        pairs=finished,
        yours=yours,
    )


def first_line() -> gr.HTML:
    """Return the line below the result, to be rendered in its place."""
    return gr.HTML(said(EMPTY), elem_id="line", render=False)


def _often(controls: dict[str, gr.components.Component], limits: Limits) -> None:
    controls["strength"] = slider("Strength", MAX_STRENGTH, 1.0, "strength", scale=3, min_width=170)
    sizes = size_choices(limits)
    default = CONTROLS["size"].default
    controls["size"] = gr.Dropdown(
        sizes,
        value=default if default in [value for _, value in sizes] else ORIGINAL,
        label="Long side",
        elem_id="size",
        filterable=False,
        scale=2,
        min_width=116,
    )
    controls["refine"] = gr.Radio(
        refine_choices(),
        value=0,
        label="Refine in steps",
        elem_id="refine",
        scale=3,
        min_width=200,
    )
