"""What the nodes share of ComfyUI's interface, in its older and its newer form."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from comfy_api.latest import io

CATEGORY = "stylemix"

StylemixModel = io.Custom("STYLEMIX_MODEL")
"""A loaded ``stylemix.Stylizer``."""

StylemixStyle = io.Custom("STYLEMIX_STYLE")
"""A :class:`~.bundle.StyleBundle`: encoded paintings with weights and masks."""


StylemixFrames = io.Custom("STYLEMIX_FRAMES")
"""A ``stylemix.video.Steadier``: what the next batch of a video needs of this one."""

ALIASES = ["style transfer", "neural style transfer", "stylize"]
"""What people search for who don't know the nodes' names."""


def known(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Return those of ``options`` that ``function`` takes.

    ComfyUI 0.3.64 has no ``advanced`` inputs and no ``search_aliases``; newer ones do. They only
    make the nodes nicer to use, so that older ones do without.
    """
    accepted = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in accepted}
