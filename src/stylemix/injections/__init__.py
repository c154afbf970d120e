"""What an injection is, the styles it is given, and the paper's four mechanisms, one a file."""

from __future__ import annotations

from stylemix.injections.base import Injection
from stylemix.injections.concat import Concat
from stylemix.injections.film import FiLM
from stylemix.injections.inject import Inject
from stylemix.injections.patch import Patch
from stylemix.injections.style import Style, StyleMix
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = ["Concat", "FiLM", "Inject", "Injection", "Patch", "Style", "StyleMix"]


@hookimpl
def register_injections(register: Register) -> None:
    """Register the built-in mechanisms."""
    register("concat", Concat)
    register("inject", Inject)
    register("film", FiLM)
    register("patch", Patch)
