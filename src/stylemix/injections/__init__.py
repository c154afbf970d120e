"""The paper's four injection mechanisms, one a file."""

from __future__ import annotations

from stylemix.injections.concat import Concat
from stylemix.injections.film import FiLM
from stylemix.injections.inject import Inject
from stylemix.injections.patch import Patch
from stylemix.plugins.hookspecs import Register, hookimpl

__all__ = ["Concat", "FiLM", "Inject", "Patch"]


@hookimpl
def register_injections(register: Register) -> None:
    """Register the built-in mechanisms."""
    register("concat", Concat)
    register("inject", Inject)
    register("film", FiLM)
    register("patch", Patch)
