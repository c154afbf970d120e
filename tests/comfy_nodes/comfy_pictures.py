"""Pictures for the nodes' tests, and what the library makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from helpers import picture

from stylemix import Stylizer

STYLED = {"strength": 1.0, "preserve_color": False, "size": 0, "tile": 0}
"""The Apply Style node's defaults."""

OPTIMISED = {**STYLED, "steps": 3, "style_weight": 3.0}
"""The Optimise Picture node's defaults, but for the steps."""


def image(seed: int, height: int = 32, width: int = 48) -> torch.Tensor:
    """Give an IMAGE [1, H, W, 3] with 8-bit values."""
    return (picture(seed, height, width).permute(0, 2, 3, 1) * 255).round() / 255


def ramp(*shape: int) -> torch.Tensor:
    """Give a MASK that is no flat one."""
    return torch.linspace(0, 1, shape[-1]).expand(shape).clone()


def reference(model: Stylizer, content: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
    """Give what the library makes of the same pictures, as an IMAGE [1, H, W, C]."""
    made = model.stylize(content[0].numpy(), *args, **options)
    return torch.from_numpy(np.array(made, dtype=np.float32))[None] / 255
