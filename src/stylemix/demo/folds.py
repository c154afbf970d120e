"""What the page folds away: colors of another painting, regions, and the advanced controls."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components.image_editor import AcceptBlobs

from stylemix.checkpoint.catalogue import models as known
from stylemix.demo.controls import (
    CONTROLS,
    PALETTE,
    feature_choices,
    runtime_choices,
    scale_choices,
    tile_choices,
)
from stylemix.demo.examples import Example
from stylemix.demo.names import COMPARED, label, model_choices
from stylemix.demo.regions import COLOR_NAMES, COLORS, OPACITY
from stylemix.demo.service import EDITOR_SIDE, Service
from stylemix.demo.viewable import show_uploads
from stylemix.demo.widgets import PRIVATE, hint, offer

OWN_STYLE = (
    "The model **{}** draws in a style of its own and needs no painting. "
    "Paintings count for *Refine* alone."
)


def palette(service: Service, examples: tuple[Example, ...]) -> gr.Image:
    """Lay out the painting whose colors are used."""
    with gr.Accordion("Colors of another painting", open=False, elem_id="palette-panel"):
        hint(
            "Strokes and texture come from the paintings above, colors from this one. "
            "Leave it empty to use the paintings' own."
        )
        picture = gr.Image(
            label="Colors of another painting",
            show_label=False,
            type="filepath",
            image_mode=None,
            height=190,
            sources=["upload"],
            elem_id="palette",
            buttons=[],
            placeholder="Drop a painting here, or click to choose one",
        )
        show_uploads(picture, PALETTE, service)
        offer(examples, picture, "palette-examples", "Example paintings for their colors")
    return picture


def regions(service: Service) -> gr.ImageEditor:
    """Lay out the editor that regions are painted in."""
    with gr.Accordion("Regions", open=False, elem_id="regions"):
        names = ", ".join(f"{name} for painting {k}" for k, name in enumerate(COLOR_NAMES, 1))
        hint(
            f"Paint on the photograph: {names}. What stays unpainted stays photograph. "
            "Paint nothing to use the whole picture."
        )
        editor = gr.ImageEditor(
            label="Regions",
            show_label=False,
            type="filepath",
            sources=(),
            transforms=(),
            layers=False,
            canvas_size=(EDITOR_SIDE, EDITOR_SIDE),
            height=420,
            brush=gr.Brush(
                default_size=40, colors=[(color, OPACITY) for color in COLORS], color_mode="fixed"
            ),
            eraser=gr.Eraser(default_size=40),
            elem_id="regions-editor",
            buttons=[],
        )

    def accept(data: AcceptBlobs) -> None:
        record = data.data
        index = record["index"]
        service.drawings.put(
            str(record["id"]),
            record["type"],
            int(index) if index not in (None, "", "null") else -1,
            data.files[0][1],
        )

    # Gradio would keep every drawing that is never sent, and as many layers as a request claims.
    accept._is_server_fn = True  # type: ignore[attr-defined]
    editor.accept_blobs = accept
    return editor


def own_style(service: Service, model: str) -> gr.Markdown:
    """Return the note that no painting is needed, shown where that is so."""
    own = service.own_style(model)
    return gr.Markdown(
        OWN_STYLE.format(label(model)) if own else "",
        visible=own,
        elem_id="own-style",
        elem_classes="sm-hint",
    )


def advanced(
    service: Service, note: gr.Markdown, controls: dict[str, gr.components.Component]
) -> None:
    """Lay out the model, strokes, tile, feature network and runtime.

    Args:
        service: whose models they are.
        note: on a model's own style.
        controls: gets the controls.
    """
    with gr.Accordion("Advanced", open=False, elem_id="advanced"):
        controls["model"] = _models(service, note)
        with gr.Row():
            controls["scale"] = _choice("scale", scale_choices(), "Strokes", "Their size")
            controls["tile"] = _choice("tile", tile_choices(), "Tile", "Small ones spare memory")
            controls["runtime"] = _choice(
                "runtime", runtime_choices(), "Runtime", "How it computes"
            )
        controls["refine_features"] = _choice(
            "refine_features",
            feature_choices(),
            "Network that refining compares by",
            "VGG-16's weights are downloaded by the server once",
        )


def _models(service: Service, note: gr.Markdown) -> gr.Dropdown:
    told = {info.name: info.description for info in known()}
    first = next(iter(service.models))
    model = gr.Dropdown(
        model_choices(service.models),
        value=first,
        label="Model",
        elem_id="model",
        filterable=False,
        info=told.get(first) or None,
    )
    more = gr.Checkbox(
        False,
        label="List the models for comparison too",
        elem_id="compared",
        visible=any(name in COMPARED for name in service.models),
    )

    def tell(name: str) -> tuple[gr.Dropdown, gr.Markdown]:
        return gr.Dropdown(info=told.get(name) or ""), own_style(service, name)

    def extend(all_of_them: bool, name: str) -> gr.Dropdown:
        choices = model_choices(service.models, all_of_them or name in COMPARED)
        return gr.Dropdown(choices=choices, value=name)

    newest: dict[str, Any] = {"trigger_mode": "always_last", "queue": False, **PRIVATE}
    model.input(tell, model, [model, note], **newest)
    more.input(extend, [more, model], model, **newest)
    return model


def _choice(name: str, choices: list[tuple[str, str]], text: str, info: str) -> gr.Dropdown:
    default: Any = CONTROLS[name].default
    return gr.Dropdown(
        choices,
        value=default,
        label=text,
        elem_id=name.replace("_", "-"),
        filterable=False,
        info=info,
        min_width=130,
    )
