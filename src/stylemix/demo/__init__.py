"""The demo in the browser (``stylemix demo``); it needs the extra ``stylemix[demo]``.

``launch`` is what the command and the Space call. Gradio is imported by what lays out the page and
answers its events (``server``, ``page`` and its parts, ``service``, ``watching``, ``filming``,
``look`` and ``widgets``), and by what stands on these; every other module works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylemix.demo.limits import Limits

if TYPE_CHECKING:
    from stylemix.demo.server import launch

__all__ = ["Limits", "launch"]


def __getattr__(name: str) -> Any:
    if name != "launch":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from stylemix.demo.server import launch  # on first use, for it needs Gradio

    return launch
