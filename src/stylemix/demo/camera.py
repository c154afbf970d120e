"""The page's tab for a camera, painted as it comes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from stylemix.demo.controls import MAX_STRENGTH
from stylemix.demo.examples import Example
from stylemix.demo.live import SIDES, Live
from stylemix.demo.markup import refused, said
from stylemix.demo.service import Service, sentence, session_of
from stylemix.demo.video_controls import PAINTING
from stylemix.demo.viewable import show_uploads
from stylemix.demo.widgets import PRIVATE, offer, painting_slot, slider, title
from stylemix.errors import StylemixError

EVERY = 0.05
"""Seconds between two pictures that the browser sends; those that come too early are dropped."""
SECONDS = 120
"""How long a browser may stay; then it has to start again, so that others get their turn."""
BROWSERS = 2
"""That may have their camera painted at the same time."""


def lay_out(service: Service, examples: tuple[Example, ...]) -> None:
    """Lay out the camera, its painting and the painted picture.

    Args:
        service: whose first model paints.
        examples: paintings to choose from.
    """
    live = Live(service)
    with gr.Row(elem_id="live"):
        with gr.Column(scale=5, min_width=300):
            title("Camera")
            camera = gr.Image(
                sources=["webcam"],
                streaming=True,
                show_label=False,
                label="Camera",
                height=280,
                elem_id="camera",
                buttons=[],
            )
            title("Painting")
            painting = painting_slot(examples, "Painting of the camera", "live-painting")
            show_uploads(painting, PAINTING, service)
            offer(examples, painting, "live-examples", "Example paintings for the camera")
        with gr.Column(scale=6, min_width=300):
            title("Painted as it comes")
            picture = gr.HTML("", elem_id="live-picture")
            line = gr.HTML(said("Start the camera."), elem_id="live-line")
            with gr.Row():
                strength = slider("Strength", MAX_STRENGTH, 1.0, "live-strength")
                side = gr.Dropdown(
                    [(f"{s} px", s) for s in SIDES],
                    value=SIDES[1],
                    label="Long side",
                    filterable=False,
                    elem_id="live-size",
                )

    async def frame(request: gr.Request, *given: Any) -> tuple[Any, Any]:
        try:
            return await live.frame(str(session_of(request)), *given)
        except StylemixError as problem:
            return gr.skip(), refused(sentence(str(problem)))

    camera.stream(
        frame,
        [camera, painting, strength, side],
        [picture, line],
        preprocess=False,
        stream_every=EVERY,
        time_limit=SECONDS,
        concurrency_limit=BROWSERS,
        concurrency_id="camera",
        **PRIVATE,
    )
