"""Where results go: one layout a file, and what they have in common."""

from __future__ import annotations

from stylemix.dataset.targets.base import Target
from stylemix.dataset.targets.making import make_target

__all__ = ["Target", "make_target"]
