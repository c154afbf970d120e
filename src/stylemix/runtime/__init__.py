"""Where a feed-forward model's drawing pass runs: in PyTorch, or compiled by OpenVINO."""

from __future__ import annotations

from stylemix.runtime.choice import RUNTIMES, check_runtime
from stylemix.runtime.compiling import Sample
from stylemix.runtime.drawing import Draw, draw_with

__all__ = ["RUNTIMES", "Draw", "Sample", "check_runtime", "draw_with"]
