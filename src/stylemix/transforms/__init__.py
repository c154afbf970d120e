"""Style transfer as a step of torchvision's pipelines."""

from __future__ import annotations

from stylemix.transforms.random_style import RandomStyle

__all__ = ["RandomStyle"]
