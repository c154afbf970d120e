"""stylemix: render a photograph in the style of one or several paintings."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylemix.api import stylize
    from stylemix.checkpoint.catalogue import models
    from stylemix.checkpoint.loading import load
    from stylemix.checkpoint.publish import push
    from stylemix.encoders import StyleEncoder
    from stylemix.errors import StylemixError
    from stylemix.generators import Generator
    from stylemix.images import Picture
    from stylemix.injections.base import Injection
    from stylemix.injections.style import Style, StyleMix
    from stylemix.plugins.hookspecs import Register, hookimpl
    from stylemix.stylizers import Stylizer
    from stylemix.types import Site, Spec, StyleCode
    from stylemix.video import stylize_frames, stylize_video

__version__ = "0.1.0"

__all__ = [
    "Generator",
    "Injection",
    "Picture",
    "Register",
    "Site",
    "Spec",
    "Style",
    "StyleCode",
    "StyleEncoder",
    "StyleMix",
    "StylemixError",
    "Stylizer",
    "__version__",
    "hookimpl",
    "load",
    "models",
    "push",
    "stylize",
    "stylize_frames",
    "stylize_video",
]

# Imported on first use (PEP 562): torch takes seconds, which `stylemix --help` need not.
_HOMES = {
    "Generator": "generators",
    "Injection": "injections",
    "Picture": "images",
    "Register": "plugins",
    "Site": "types",
    "Spec": "types",
    "Style": "injections",
    "StyleCode": "types",
    "StyleEncoder": "encoders",
    "StyleMix": "injections",
    "Stylizer": "stylizers",
    "StylemixError": "errors",
    "hookimpl": "plugins",
    "load": "checkpoint.loading",
    "models": "checkpoint",
    "push": "checkpoint",
    "stylize": "api",
    "stylize_frames": "video",
    "stylize_video": "video",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
