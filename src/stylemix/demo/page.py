"""The page: controls, galleries and what their events call."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components.image_editor import AcceptBlobs

from stylemix.checkpoint.catalogue import models as known
from stylemix.demo.controls import (
    CONTROLS,
    MAX_WEIGHT,
    ORIGINAL,
    feature_choices,
    scale_choices,
    size_choices,
    tile_choices,
)
from stylemix.demo.examples import Example, Examples
from stylemix.demo.limits import PAINTINGS
from stylemix.demo.look import HEADER
from stylemix.demo.output import Output, lay_out
from stylemix.demo.regions import COLOR_NAMES, COLORS, OPACITY
from stylemix.demo.service import EDITOR_SIDE, Service, endpoint
from stylemix.demo.widgets import PRIVATE, offer, thumbnails, title

OWN_STYLE = (
    "The model **{}** draws in a style of its own and needs no painting. "
    "Paintings count for *Refine* alone."
)


def build(service: Service, examples: Examples) -> gr.Blocks:
    """Make the page.

    Args:
        service: what its events call.
        examples: what its galleries show.
    """
    seconds = service.limits.cache_seconds
    with gr.Blocks(title="stylemix", analytics_enabled=False, delete_cache=(60, seconds)) as page:
        gr.HTML(HEADER, padding=False)
        controls: dict[str, gr.components.Component] = {}
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=5, min_width=320):
                controls["photo"] = _photograph(examples.photos)
                own_style = _paintings(service, examples.paintings, controls)
                controls["palette"] = _palette(examples.paintings)
                controls["regions"] = _regions(service)
                _advanced(service, own_style, controls)
            with gr.Column(scale=6, min_width=320, elem_id="output"):
                output = lay_out(controls)
        _connect(service, controls, output)
        page.unload(service.leave)
        if examples.photos and examples.paintings:
            start = (examples.photos[0].picture, examples.paintings[0].picture)
            first = [controls["photo"], controls["painting_1"]]
            page.load(lambda: start, None, first, queue=False, **PRIVATE)
    return page


def _connect(
    service: Service, controls: dict[str, gr.components.Component], output: Output
) -> None:
    """Connect the buttons and the API with the service."""
    inputs = [controls[name] for name in CONTROLS]
    go, cancel, stop = output.go, output.cancel, output.stop
    alone: dict[str, Any] = {"concurrency_id": "stylize", "concurrency_limit": 1}
    # The browser calls listeners one after another, each when the former has answered.
    go.click(lambda: gr.Button(interactive=True), None, cancel, queue=False, **PRIVATE)
    run = go.click(
        service.watch,
        inputs=inputs,
        outputs=[output.download, output.result, output.line, output.bar, cancel, stop],
        preprocess=False,
        show_progress_on=output.result,
        api_visibility="private",
        **alone,
    )
    run.then(
        lambda: ("", gr.Button(visible=True, interactive=False), gr.Button(visible=False)),
        None,
        [output.bar, cancel, stop],
        queue=False,
        **PRIVATE,
    )
    cancel.click(
        lambda: gr.Button(interactive=False), None, cancel, cancels=[run], queue=False, **PRIVATE
    )
    stop.click(lambda: gr.Button(interactive=False), None, stop, queue=False, **PRIVATE)
    stop.click(service.stop, None, None, queue=False, **PRIVATE)
    # Programs get one answer; the client would take the page's first preview for it.
    gr.Button(visible=False).click(
        endpoint(service),
        inputs=inputs,
        outputs=[output.download, output.result, output.line],
        api_name="stylize",
        preprocess=False,
        **alone,
    )
    photo = controls["photo"]
    assert isinstance(photo, gr.Image)
    photo.change(
        service.canvas,
        photo,
        controls["regions"],
        preprocess=False,
        concurrency_id="canvas",
        concurrency_limit=2,
        **PRIVATE,
    )


def _photograph(examples: tuple[Example, ...]) -> gr.Image:
    title("Photograph")
    photo = gr.Image(
        label="Photograph",
        show_label=False,
        type="filepath",
        image_mode=None,
        sources=["upload", "webcam", "clipboard"],
        height=300,
        elem_id="photo",
        buttons=[],
        placeholder="Drop a photograph here, or click to choose one",
    )
    offer(examples, photo, "photo-examples")
    return photo


def _own_style(service: Service, model: str) -> gr.Markdown:
    """Return the note that no painting is needed, shown where that is so."""
    own = service.own_style(model)
    return gr.Markdown(
        OWN_STYLE.format(model) if own else "",
        visible=own,
        elem_id="own-style",
        elem_classes="sm-hint",
    )


def _paintings(
    service: Service,
    examples: tuple[Example, ...],
    controls: dict[str, gr.components.Component],
) -> gr.Markdown:
    """Lay out the paintings with their weights; return the note on a model's own style."""
    title("Paintings")
    own_style = _own_style(service, next(iter(service.models)))
    shown = gr.State(1)
    columns, slots, weights = [], [], []
    with gr.Row(elem_id="slots"):
        for number in range(1, PAINTINGS + 1):
            with gr.Column(
                min_width=140,
                visible=number == 1,
                elem_id=f"painting-{number}",
                elem_classes="sm-slot",
            ) as column:
                slots.append(
                    gr.Image(
                        label=f"Painting {number}",
                        type="filepath",
                        image_mode=None,
                        height=190,
                        sources=["upload"],
                        elem_id=f"image-{number}",
                        buttons=[],
                        placeholder="Drop a painting here, or click to choose one",
                    )
                )
                weights.append(
                    gr.Slider(
                        0,
                        MAX_WEIGHT,
                        value=1.0,
                        step=0.05,
                        label=f"Weight {number}",
                        visible=False,
                        elem_id=f"weight-{number}",
                        buttons=[],
                    )
                )
            columns.append(column)
    if examples:
        strip = thumbnails(examples, "painting-examples")

        def choose(
            count: int, first: Any, second: Any, third: Any, fourth: Any, event: gr.SelectData
        ) -> list[Any]:
            filled = (first, second, third, fourth)
            empty = [k for k in range(count) if filled[k] is None]
            target = empty[0] if empty else count - 1
            picture = examples[event.index].picture
            return [picture if k == target else gr.skip() for k in range(PAINTINGS)]

        strip.select(choose, [shown, *slots], slots, queue=False, preprocess=False, **PRIVATE)
    more = gr.Button("+ Mix in another painting", size="sm", elem_id="more")

    def reveal(count: int) -> list[Any]:
        count = min(count + 1, PAINTINGS)
        return [
            count,
            gr.Button(visible=count < PAINTINGS),
            *(gr.Column(visible=k < count) for k in range(PAINTINGS)),
            *(gr.Slider(visible=k < count) for k in range(PAINTINGS)),
        ]

    more.click(reveal, shown, [shown, more, *columns, *weights], queue=False, **PRIVATE)
    controls |= {f"painting_{k}": slot for k, slot in enumerate(slots, 1)}
    controls |= {f"weight_{k}": weight for k, weight in enumerate(weights, 1)}
    return own_style


def _palette(examples: tuple[Example, ...]) -> gr.Image:
    with gr.Accordion("Colors of another painting", open=False, elem_id="palette-panel"):
        gr.Markdown(
            "Strokes and texture come from the paintings above, colors from this one. "
            "Leave it empty to use the paintings' own.",
            elem_classes="sm-hint",
        )
        palette = gr.Image(
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
        offer(examples, palette, "palette-examples")
    return palette


def _regions(service: Service) -> gr.ImageEditor:
    with gr.Accordion("Regions", open=False, elem_id="regions"):
        names = ", ".join(f"{name} for painting {k}" for k, name in enumerate(COLOR_NAMES, 1))
        gr.Markdown(
            f"Paint on the photograph: {names}. What stays unpainted stays photograph. "
            "Paint nothing to use the whole picture.",
            elem_classes="sm-hint",
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


def _advanced(
    service: Service, own_style: gr.Markdown, controls: dict[str, gr.components.Component]
) -> None:
    """Lay out the model, size, strokes, tile and feature network."""
    with gr.Accordion("Advanced", open=False, elem_id="advanced"):
        told = {info.name: info.description for info in known()}
        first = next(iter(service.models))
        model = gr.Dropdown(
            list(service.models),
            value=first,
            label="Model",
            elem_id="model",
            filterable=False,
            info=told.get(first) or None,
        )

        def tell(name: str) -> tuple[gr.Dropdown, gr.Markdown]:
            return gr.Dropdown(info=told.get(name) or ""), _own_style(service, name)

        model.input(tell, model, [model, own_style], queue=False, **PRIVATE)
        with gr.Row():
            sizes = size_choices(service.limits)
            offered, default = [value for _, value in sizes], CONTROLS["size"].default
            size = gr.Dropdown(
                sizes,
                value=default if default in offered else ORIGINAL,
                label="Size",
                info="Long side of the result",
                elem_id="size",
                filterable=False,
                min_width=140,
            )
            scale = gr.Dropdown(
                scale_choices(),
                value=CONTROLS["scale"].default,
                label="Strokes",
                elem_id="scale",
                filterable=False,
                info="Against the picture's size",
                min_width=140,
            )
            tile = gr.Dropdown(
                tile_choices(),
                value=CONTROLS["tile"].default,
                label="Tile",
                elem_id="tile",
                filterable=False,
                info="Smaller ones need less memory",
                min_width=140,
            )
        features = gr.Dropdown(
            feature_choices(),
            value="thin",
            label="Network that refining compares by",
            elem_id="refine-features",
            filterable=False,
            info="VGG-16's weights are downloaded by the server once",
        )
    controls |= {
        "size": size,
        "scale": scale,
        "tile": tile,
        "model": model,
        "refine_features": features,
    }
