"""What the page is made of in several places: headings, inputs, and rows of pictures."""

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


def slider(label: str, most: float, value: float, name: str, **layout: Any) -> gr.Slider:
    """Show a slider from 0 in steps of 0.05, with a button that resets it."""
    return gr.Slider(
        0,
        most,
        value=value,
        step=0.05,
        label=label,
        elem_id=name,
        buttons=["reset"],
        **layout,
    )


def painting_slot(examples: tuple[Example, ...], label: str, name: str) -> gr.Image:
    """Show a place for a painting to be uploaded; the first example, if any, is in it."""
    return gr.Image(
        value=examples[0].picture if examples else None,
        show_label=False,
        label=label,
        type="filepath",
        image_mode=None,
        height=150,
        sources=["upload"],
        elem_id=name,
        buttons=[],
        placeholder="Drop a painting here, or click to choose one",
    )


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
