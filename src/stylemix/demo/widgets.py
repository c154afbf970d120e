"""What the page is made of in several places: headings, and rows of examples to choose from."""

from __future__ import annotations

from typing import Any

import gradio as gr

from stylemix.demo.examples import Example

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of an event that is no endpoint of the API."""


def title(text: str, hint: str = "") -> None:
    """Write a heading, and what to do there, in small."""
    gr.Markdown(f"## {text}", elem_classes="sm-title")
    if hint:
        gr.Markdown(hint, elem_classes="sm-hint")


def offer(examples: tuple[Example, ...], into: gr.Image, name: str) -> None:
    """Show the examples, if there are any; a click puts one into the picture."""
    if not examples:
        return

    def choose(event: gr.SelectData) -> str:
        return examples[event.index].picture

    thumbnails(examples, name).select(choose, None, into, queue=False, **PRIVATE)


def thumbnails(examples: tuple[Example, ...], name: str) -> gr.Gallery:
    """Show the examples as a row of thumbnails."""
    return gr.Gallery(
        [(e.thumbnail, e.title) for e in examples],
        show_label=False,
        columns=len(examples),
        rows=1,
        height=100,
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id=name,
        elem_classes="sm-strip",
        object_fit="cover",
        container=False,
        fit_columns=False,
    )
