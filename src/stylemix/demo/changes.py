"""What an event changes on the page, output by output."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class Changes:
    """Values of a part of the page; a subclass has a field for each output, in their order."""

    def values(self) -> tuple[Any, ...]:
        """Return the values; what is None stays as it is on the page."""
        values = (getattr(self, f.name) for f in fields(self))
        return tuple(gr.skip() if value is None else value for value in values)
