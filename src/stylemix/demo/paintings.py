"""The page's slots for one to four paintings, and the examples that fill them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from stylemix.demo.controls import MAX_WEIGHT
from stylemix.demo.examples import Example
from stylemix.demo.limits import PAINTINGS
from stylemix.demo.markup import refused
from stylemix.demo.service import Service
from stylemix.demo.viewable import show_uploads
from stylemix.demo.widgets import PRIVATE, examples_row, title

ALL_YOURS = "All four paintings are your own: close or clear one to take an example."


def target_of(
    open_slots: Sequence[int], paths: Sequence[str | None], own: Callable[[str], bool]
) -> int | None:
    """Return the slot that an example goes to, 0 to 3; None where it would replace an upload.

    An empty open slot comes first, then the last open one that shows an example, then a closed
    one.

    Args:
        open_slots: that the page shows.
        paths: of the picture in each slot, or None.
        own: tells whether a path is that of an upload.
    """
    empty = [k for k in open_slots if paths[k] is None]
    examples = [k for k in open_slots if (path := paths[k]) is not None and not own(path)]
    closed = [k for k in range(PAINTINGS) if k not in open_slots]
    return next(iter([*empty, *examples[::-1], *closed]), None)


def lay_out(
    service: Service,
    examples: tuple[Example, ...],
    controls: dict[str, gr.components.Component],
    own: Callable[[str], bool],
    line: gr.HTML,
) -> None:
    """Lay out the slots with their weights.

    Args:
        service: whose limits hold for uploads.
        examples: to choose from.
        controls: gets the slots and weights.
        own: tells whether a path is that of an upload.
        line: where a refusal is told.
    """
    title("Paintings")
    opened = gr.State([0])
    columns, slots, weights, closers = [], [], [], []
    with gr.Row(elem_id="slots"):
        for number in range(1, PAINTINGS + 1):
            with gr.Column(
                min_width=140,
                visible=number == 1,
                elem_id=f"painting-{number}",
                elem_classes="sm-slot",
            ) as column:
                slots.append(_slot(number))
                show_uploads(slots[-1], f"painting {number}", service)
                with gr.Row(elem_classes="sm-weight"):
                    weights.append(_weight(number))
                    closers.append(
                        gr.Button(
                            "Close",
                            size="sm",
                            visible=number > 1,
                            min_width=56,
                            scale=0,
                            elem_id=f"close-{number}",
                        )
                    )
            columns.append(column)
        more = gr.Button("+ Mix in another painting", elem_id="more")

    def arranged(now: list[int]) -> list[Any]:
        return [
            sorted(now),
            gr.Button(visible=len(now) < PAINTINGS),
            *(gr.Column(visible=k in now) for k in range(PAINTINGS)),
            *(gr.Slider(visible=len(now) > 1) for _ in range(PAINTINGS)),
        ]

    def reveal(now: list[int]) -> list[Any]:
        return arranged([*now, *[k for k in range(PAINTINGS) if k not in now][:1]])

    layout = [opened, more, *columns, *weights]
    more.click(reveal, opened, layout, queue=False, **PRIVATE)
    for k, closer in enumerate(closers):

        def close(now: list[int], slot: int = k) -> list[Any]:
            return [None, *arranged([n for n in now if n != slot])]

        closer.click(close, opened, [slots[k], *layout], queue=False, **PRIVATE)
    if examples:

        def choose(event: gr.SelectData, now: list[int], *payloads: Any) -> list[Any]:
            paths = [p.get("path") if isinstance(p, dict) else None for p in payloads]
            slot = target_of(now, paths, own)
            if slot is None:
                return [refused(ALL_YOURS), *[gr.skip()] * (len(slots) + len(layout))]
            picture = examples[event.index].picture
            filled = [picture if k == slot else gr.skip() for k in range(PAINTINGS)]
            return [gr.skip(), *filled, *arranged(sorted({*now, slot}))]

        examples_row(examples, "painting-examples", "Example paintings").select(
            choose,
            [opened, *slots],
            [line, *slots, *layout],
            queue=False,
            preprocess=False,
            **PRIVATE,
        )
    controls |= {f"painting_{k}": slot for k, slot in enumerate(slots, 1)}
    controls |= {f"weight_{k}": weight for k, weight in enumerate(weights, 1)}


def _slot(number: int) -> gr.Image:
    return gr.Image(
        label=f"Painting {number}",
        type="filepath",
        image_mode=None,
        height=150,
        sources=["upload"],
        elem_id=f"image-{number}",
        buttons=[],
        placeholder="Drop a painting, or click",
    )


def _weight(number: int) -> gr.Slider:
    return gr.Slider(
        0,
        MAX_WEIGHT,
        value=1.0,
        step=0.05,
        label=f"Weight {number}",
        visible=False,
        elem_id=f"weight-{number}",
        buttons=[],
        min_width=80,
    )
