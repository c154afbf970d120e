"""The Load Example node."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from comfy_surface import PACK


def test_paintings_and_the_clip_are_images(nodes: Any) -> None:
    (entry,) = nodes.LoadExample.define_schema().inputs
    assert entry.options == sorted(p.name for p in (PACK / "examples").iterdir())
    for name in entry.options:
        (made,) = nodes.LoadExample.execute(name).args
        assert made.dtype == torch.float32
        assert made.shape[-1] == 3
        assert 0.1 < made.mean() < 0.9
        assert made.max() <= 1
        assert (len(made) > 1) == name.endswith(".webp")


@pytest.mark.parametrize("name", ["gone.jpg", "../README.md", ""])
def test_others_are_refused(nodes: Any, name: str) -> None:
    with pytest.raises(ValueError, match="^example: there is no"):
        nodes.LoadExample.execute(name)
