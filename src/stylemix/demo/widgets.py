"""What the page is made of in several places: headings, and rows of pictures to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from stylemix.demo.examples import Example
from stylemix.demo.markup import strip

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
"""Of an event that is no endpoint of the API."""


def script(name: str) -> str:
    """Return one of the page's own programs."""
    return (Path(__file__).parent / name).read_text("utf-8")


def title(text: str) -> None:
    """Write a heading."""
    gr.HTML(f"<h2>{text}</h2>", elem_classes="sm-title")


def hint(text: str) -> None:
    """Write what to do there, in small."""
    gr.Markdown(text, elem_classes="sm-hint")


def row(html: str, name: str) -> gr.HTML:
    """Show a row of pictures; its event ``select`` tells the index of the one that is chosen."""
    return gr.HTML(html, js_on_load=script("strip.js"), elem_id=name)


def examples_row(examples: tuple[Example, ...], name: str, label: str) -> gr.HTML:
    """Show examples as a row of small pictures."""
    return row(strip([(e.thumbnail, e.title, "") for e in examples], label), name)


def offer(examples: tuple[Example, ...], into: gr.Image, name: str, label: str) -> None:
    """Show the examples, if there are any; a click puts one into the picture."""
    if not examples:
        return

    def choose(event: gr.SelectData) -> str:
        return examples[event.index].picture

    examples_row(examples, name, label).select(choose, None, into, queue=False, **PRIVATE)
