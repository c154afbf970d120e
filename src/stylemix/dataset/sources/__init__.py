"""Where samples come from: one layout a file, and what they have in common."""

from __future__ import annotations

from stylemix.dataset.sources.base import Scan, Source
from stylemix.dataset.sources.opening import open_source

__all__ = ["Scan", "Source", "open_source"]
