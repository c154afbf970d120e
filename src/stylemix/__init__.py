"""stylemix: render a photograph in the style of one or several paintings."""

from __future__ import annotations

from stylemix.api import load, stylize
from stylemix.catalogue import models
from stylemix.encoders import StyleEncoder
from stylemix.errors import StylemixError
from stylemix.generators import Generator
from stylemix.hookspecs import Register, hookimpl
from stylemix.images import Picture
from stylemix.injection import Injection
from stylemix.style import Style, StyleMix
from stylemix.stylizers import Stylizer
from stylemix.types import Site, Spec, StyleCode

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
    "Stylizer",
    "StylemixError",
    "hookimpl",
    "load",
    "models",
    "stylize",
]
